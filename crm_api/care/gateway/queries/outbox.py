"""The outbox as gateways see it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api import config
from crm_api.care.approval.queries import is_stopped_where
from crm_api.care.gateway.policies.pace import MARGIN, MOST_IDLE_LEASES
from crm_api.care.models import CareMessage
from crm_api.customers.models import Customer
from crm_api.kit.bulk import is_among
from crm_api.kit.bundles import among, as_parameter
from crm_api.kit.db import db
from crm_api.kit.straight import StraightRead, StraightRows, fixed
from crm_api.kit.types import UTCDateTime

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from crm_api.customers.terms import Category

# Literal states, so that the partial indexes serve these on SQLite too.
IS_QUEUED = sa.text("care_messages.state = 'queued'")
IS_HANDED_OUT = "care_messages.state IN ('leased', 'submitting')"
IS_LEASED = sa.text(f"{IS_HANDED_OUT} AND care_messages.state = 'leased'")
IS_SUBMITTING = sa.text(f"{IS_HANDED_OUT} AND care_messages.state = 'submitting'")


SHOWN = (
    *(CareMessage.id, CareMessage.lease_epoch, CareMessage.lease_expires_at),
    *(CareMessage.number, CareMessage.text, CareMessage.sender, CareMessage.encoding),
    *(CareMessage.segments, CareMessage.priority, CareMessage.due_at),
    *(CareMessage.send_before, CareMessage.attempt, CareMessage.category),
    *(CareMessage.idle_leases, CareMessage.state),
)
_NOW = sa.bindparam("now", type_=UTCDateTime())


def lock_ready(
    most: int, *, now: datetime, open_categories: Iterable[Category], but_not_of: Iterable[str]
) -> Sequence[Any]:
    """Lock the first messages that may be leased and that nobody else holds."""
    reading = _locking_ready(most, needs_approval=config.current().care_needs_approval)
    return reading.named(**_asked(now, open_categories, but_not_of))


@lru_cache(maxsize=256)
def _locking_ready(most: int, *, needs_approval: bool) -> StraightRows:
    """Build the statement once: that took longer than its answer."""
    return StraightRows(
        sa.select(*SHOWN)
        .where(_is_ready(needs_approval=needs_approval))
        .order_by(CareMessage.priority, CareMessage.due_at, CareMessage.id)
        .limit(fixed(most))
        .with_for_update(skip_locked=True, key_share=True)
    )


def _is_ready(*, needs_approval: bool) -> sa.ColumnElement[bool]:
    """Tell which messages may be leased: due, with time left, not held, at an hour for them.

    Those of some senders wait, whose rate is spent for now. The CASE keeps PostgreSQL from
    expecting that those have nearly all that is queued: it would read and sort the whole queue,
    rather than go along it for the first few.
    """
    waits = sa.case((among(CareMessage.sender, "senders"), 1), else_=0) == 1
    return sa.and_(
        IS_QUEUED,
        CareMessage.due_at <= _NOW,
        CareMessage.send_before >= sa.bindparam("soonest", type_=UTCDateTime()),
        CareMessage.idle_leases < fixed(MOST_IDLE_LEASES),
        among(CareMessage.category, "categories"),
        sa.not_(is_stopped_where(needs_approval=needs_approval)),
        sa.not_(waits),
    )


def _asked(
    now: datetime, open_categories: Iterable[Category], but_not_of: Iterable[str]
) -> dict[str, Any]:
    return {
        "now": now,
        "soonest": now + MARGIN,
        "categories": as_parameter(sorted(open_categories)),
        "senders": as_parameter(sorted(but_not_of)),
    }


def is_lapsed(state: sa.TextClause, *, now: datetime) -> sa.ColumnElement[bool]:
    """Tell which handed-out messages of a state nobody holds any more."""
    return sa.and_(state, CareMessage.lease_expires_at <= now)


_GATEWAY = sa.bindparam("gateway", type_=sa.Text())
_LAPSED = {
    IS_LEASED: sa.true(),
    IS_SUBMITTING: CareMessage.gateway_id == _GATEWAY,
}
_ANY_LAPSED = [
    sa.exists().where(state, CareMessage.lease_expires_at <= _NOW, own).select_from(CareMessage)
    for state, own in _LAPSED.items()
]
_FIND_LAPSED = StraightRead(sa.select(*_ANY_LAPSED))


def has_lapsed(gateway_id: str, *, now: datetime) -> tuple[bool, bool]:
    """Tell whether leases lapsed before a begin, and whether some of a gateway's after it."""
    [(leased, submitting)] = _FIND_LAPSED.rows(gateway=gateway_id, now=now)
    return bool(leased), bool(submitting)


def is_anything_ready(
    gateway_id: str,
    *,
    now: datetime,
    open_categories: Collection[Category],
    but_not_of: Collection[str],
) -> bool:
    """Tell whether a lease would bring something, without taking it."""
    glance = _glancing(needs_approval=config.current().care_needs_approval)
    asked = _asked(now, open_categories, but_not_of)
    [(is_ready,)] = glance.rows(gateway=gateway_id, **asked)
    return bool(is_ready)


@lru_cache(maxsize=2)
def _glancing(*, needs_approval: bool) -> StraightRead:
    ready = sa.exists().where(_is_ready(needs_approval=needs_approval)).select_from(CareMessage)
    return StraightRead(sa.select(sa.or_(ready, *_ANY_LAPSED)))


_HELD = StraightRows(
    sa.select(
        *(CareMessage.id, CareMessage.customer_id, CareMessage.number, CareMessage.gateway_id)
    )
    .where(among(CareMessage.id, "ids"))
    .order_by(CareMessage.id)
)


def messages_held(message_ids: Iterable[str], *, gateway_id: str) -> Sequence[Any]:
    """Return those of these messages that a gateway has, with whom they touch."""
    return _own(_HELD.named(ids=as_parameter(sorted(set(message_ids)))), gateway_id)


def _own(rows: Iterable[Any], gateway_id: str) -> list[Any]:
    """Leave out what another gateway has."""
    return [row for row in rows if row.gateway_id == gateway_id]


def find_messages(condition: Any, *, most: int | None = None) -> Sequence[Any]:
    """Return some messages that meet a condition, with whom they touch."""
    columns = (CareMessage.id, CareMessage.customer_id, CareMessage.number)
    statement = sa.select(*columns).where(condition).order_by(CareMessage.id).limit(most)
    return db.session.execute(statement).all()


def lock_messages(message_ids: Iterable[str]) -> Sequence[CareMessage]:
    """Lock these messages and read them as they are now. Their subjects are locked already."""
    wanted = sorted(message_ids)
    if not wanted:
        return []
    statement = (
        sa.select(CareMessage)
        .where(is_among(CareMessage.id, wanted))
        .order_by(CareMessage.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(statement).all()


def lock_to_begin(message_ids: Iterable[str], *, gateway_id: str) -> Sequence[Any]:
    """Lock messages that a gateway has; return them with what begin asks besides the governor.

    As rows, for a hundred objects of the session take longer than all that is asked of them.
    """
    reading = _locking_to_begin(needs_approval=config.current().care_needs_approval)
    return _own(reading.named(ids=as_parameter(sorted(message_ids))), gateway_id)


@lru_cache(maxsize=2)
def _locking_to_begin(*, needs_approval: bool) -> StraightRows:
    is_stopped_now = is_stopped_where(needs_approval=needs_approval).label("is_stopped")
    return StraightRows(
        sa.select(
            *(CareMessage.id, CareMessage.gateway_id, CareMessage.number, CareMessage.slot_id),
            *(CareMessage.text, CareMessage.state, CareMessage.reason, CareMessage.attempt),
            *(CareMessage.lease_token_hash, CareMessage.lease_expires_at),
            *(CareMessage.lease_worker, Customer.phone, is_stopped_now),
        )
        .join(Customer, Customer.id == CareMessage.customer_id)
        .where(among(CareMessage.id, "ids"))
        .order_by(CareMessage.id)
        .with_for_update(key_share=True, of=CareMessage)
    )


_LOCKING_STATES = StraightRows(
    sa.select(
        *(CareMessage.id, CareMessage.gateway_id, CareMessage.state, CareMessage.reason),
        *(CareMessage.lease_token_hash, CareMessage.lease_expires_at),
        *(CareMessage.send_before, CareMessage.category),
    )
    .where(among(CareMessage.id, "ids"))
    .order_by(CareMessage.id)
    .with_for_update(key_share=True)
)


def lock_states(message_ids: Iterable[str], *, gateway_id: str) -> Sequence[Any]:
    """Lock messages that a gateway has; return how each stands, and how long it is held."""
    return _own(_LOCKING_STATES.named(ids=as_parameter(sorted(message_ids))), gateway_id)
