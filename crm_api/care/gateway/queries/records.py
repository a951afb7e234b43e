"""What gateways did and said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.care.gateway.models import IS_UNMATCHED, DeliveryAttempt, DeliveryReport
from crm_api.care.gateway.policies.reports import PartReport
from crm_api.care.gateway.terms import AckResult
from crm_api.care.models import CareMessage, CareMessageEvent
from crm_api.care.terms import MessageState
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence


REPORTED = (
    *(DeliveryReport.report_id, DeliveryReport.attempt_id),
    *(DeliveryReport.part, DeliveryReport.parts, DeliveryReport.status),
)
_STATE = CareMessageEvent.__table__.c.state.type
CAME_TO_NOTHING = frozenset({AckResult.RETRY, AckResult.NOT_SUBMITTED})


def get_message(message_id: str, *, gateway_id: str) -> CareMessage:
    """Return a message that this gateway holds or once began.

    :raises NotFound: if there is none, or it is another gateway's
    """
    tried = sa.exists().where(
        DeliveryAttempt.message_id == CareMessage.id, DeliveryAttempt.gateway_id == gateway_id
    )
    own = sa.or_(CareMessage.gateway_id == gateway_id, tried)
    found = db.session.scalar(sa.select(CareMessage).where(CareMessage.id == message_id, own))
    if found is None:
        raise NotFound("message")
    return found


def attempts_of(message_ids: Iterable[str], *, gateway_id: str) -> list[DeliveryAttempt]:
    """Return what this gateway tried with these messages, in the order of trying."""
    statement = (
        sa.select(DeliveryAttempt)
        .where(
            DeliveryAttempt.message_id.in_(sorted(set(message_ids))),
            DeliveryAttempt.gateway_id == gateway_id,
        )
        .order_by(DeliveryAttempt.created_at, DeliveryAttempt.id)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(statement))


def begun_tokens(message_ids: Iterable[str]) -> dict[str, str | None]:
    """Return under which token each of these messages began that nobody has answered for yet."""
    statement = sa.select(DeliveryAttempt.message_id, DeliveryAttempt.token_hash).where(
        DeliveryAttempt.message_id.in_(sorted(message_ids)),
        DeliveryAttempt.begun_at.is_not(None),
        DeliveryAttempt.result.is_(None),
    )
    return {row.message_id: row.token_hash for row in db.session.execute(statement)}


def find_attempts(
    *, gateway_id: str, message_ids: Collection[str], provider_ids: Collection[str]
) -> list[DeliveryAttempt]:
    """Return this gateway's begun attempts by message or by provider id, in order of trying."""
    named = sa.or_(
        DeliveryAttempt.message_id.in_(sorted(message_ids)),
        DeliveryAttempt.provider_id.in_(sorted(provider_ids)),
    )
    statement = (
        sa.select(DeliveryAttempt)
        .where(
            DeliveryAttempt.gateway_id == gateway_id, DeliveryAttempt.begun_at.is_not(None), named
        )
        .order_by(DeliveryAttempt.created_at, DeliveryAttempt.id)
    )
    return list(db.session.scalars(statement))


def reports_of(message_ids: Iterable[str]) -> dict[str, list[PartReport]]:
    """Return what was reported of each message, in the order of its arrival."""
    statement = (
        sa.select(DeliveryAttempt.message_id, DeliveryAttempt.result, *REPORTED)
        .join(DeliveryAttempt, DeliveryReport.attempt_id == DeliveryAttempt.id)
        .where(DeliveryAttempt.message_id.in_(sorted(set(message_ids))))
        .order_by(DeliveryReport.created_at, DeliveryReport.id)
    )
    found: dict[str, list[PartReport]] = {}
    for row in db.session.execute(statement):
        report = PartReport(
            report_id=row.report_id,
            attempt_id=row.attempt_id,
            part=row.part,
            parts=row.parts,
            status=row.status,
            was_refused=row.result in CAME_TO_NOTHING,
        )
        found.setdefault(row.message_id, []).append(report)
    return found


def messages_of_attempts(attempt_ids: Iterable[str]) -> set[str]:
    """Return the messages that these attempts are about."""
    statement = sa.select(DeliveryAttempt.message_id).where(
        DeliveryAttempt.id.in_(sorted(set(attempt_ids)))
    )
    return set(db.session.scalars(statement))


def waiting_reports(
    gateway_id: str, *, provider_ids: Collection[str]
) -> list[tuple[DeliveryReport, str]]:
    """Return the reports that match one of these provider's ids by now, with their attempts."""
    return _matchable(
        DeliveryReport.gateway_id == gateway_id,
        DeliveryReport.provider_id.in_(sorted(provider_ids)),
    )


def matchable_reports(*, most: int) -> list[tuple[DeliveryReport, str]]:
    """Return some reports whose attempts are known by now, with these."""
    return _matchable(most=most)


def _matchable(
    *conditions: sa.ColumnElement[bool], most: int | None = None
) -> list[tuple[DeliveryReport, str]]:
    known = sa.and_(
        DeliveryAttempt.gateway_id == DeliveryReport.gateway_id,
        DeliveryAttempt.provider_id == DeliveryReport.provider_id,
        DeliveryAttempt.begun_at.is_not(None),
    )
    statement = (
        sa.select(DeliveryReport, DeliveryAttempt.id)
        .join(DeliveryAttempt, known)
        .where(IS_UNMATCHED, *conditions)
        .order_by(DeliveryReport.id, DeliveryAttempt.id)
        .limit(most)
    )
    return [(report, attempt_id) for report, attempt_id in db.session.execute(statement)]


def steps_of(message_id: str) -> Sequence[Any]:
    """Return the steps that a message took, in order. That it began is what its attempts say."""
    taken = sa.select(
        *(CareMessageEvent.created_at, CareMessageEvent.state, CareMessageEvent.reason),
        CareMessageEvent.id,
    ).where(
        CareMessageEvent.message_id == message_id,
        CareMessageEvent.state != MessageState.SUBMITTING,  # noted twice until November 2026
    )
    begun = sa.select(
        *(DeliveryAttempt.begun_at, sa.literal(MessageState.SUBMITTING, _STATE), sa.literal("")),
        DeliveryAttempt.id,
    ).where(DeliveryAttempt.message_id == message_id, DeliveryAttempt.begun_at.is_not(None))
    steps = sa.union_all(taken, begun)
    return db.session.execute(steps.order_by("created_at", "id")).all()
