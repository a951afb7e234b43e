"""The outbox as gateways see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.care.approval.queries import is_stopped
from crm_api.care.gateway.policies.pace import MARGIN, MOST_IDLE_LEASES
from crm_api.care.models import CareMessage
from crm_api.customers.models import Customer
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from crm_api.customers.terms import Category

# Literal states, so that the partial indexes serve these on SQLite too.
IS_QUEUED = sa.text("care_messages.state = 'queued'")
IS_HANDED_OUT = "care_messages.state IN ('leased', 'submitting')"
IS_LEASED = sa.text(f"{IS_HANDED_OUT} AND care_messages.state = 'leased'")
IS_SUBMITTING = sa.text(f"{IS_HANDED_OUT} AND care_messages.state = 'submitting'")


def is_ready(
    *, now: datetime, open_categories: Collection[Category], but_not_of: Collection[str]
) -> sa.ColumnElement[bool]:
    """Tell which messages may be leased: due, with time left, not held, at an hour for them.

    Those of some senders wait, whose rate is spent for now.
    """
    return sa.and_(
        IS_QUEUED,
        CareMessage.due_at <= now,
        CareMessage.send_before >= now + MARGIN,
        CareMessage.idle_leases < MOST_IDLE_LEASES,
        CareMessage.category.in_(sorted(open_categories)),
        sa.not_(is_stopped()),
        CareMessage.sender.not_in(but_not_of) if but_not_of else sa.true(),
    )


def is_lapsed(state: sa.TextClause, *, now: datetime) -> sa.ColumnElement[bool]:
    """Tell which handed-out messages of a state nobody holds any more."""
    return sa.and_(state, CareMessage.lease_expires_at <= now)


def is_anything_ready(
    gateway_id: str,
    *,
    now: datetime,
    open_categories: Collection[Category],
    but_not_of: Collection[str],
) -> bool:
    """Tell whether a lease would bring something, without taking it."""
    own = sa.and_(is_lapsed(IS_SUBMITTING, now=now), CareMessage.gateway_id == gateway_id)
    reasons = (
        is_ready(now=now, open_categories=open_categories, but_not_of=but_not_of),
        is_lapsed(IS_LEASED, now=now),
        own,
    )
    found = [sa.exists().where(reason).select_from(CareMessage) for reason in reasons]
    return bool(db.session.execute(sa.select(sa.or_(*found))).scalar_one())


def messages_held(message_ids: Iterable[str], *, gateway_id: str) -> Sequence[Any]:
    """Return those of these messages that a gateway has, with whom they touch."""
    statement = (
        sa.select(
            *(CareMessage.id, CareMessage.customer_id, CareMessage.number, CareMessage.gateway_id)
        )
        .where(is_among(CareMessage.id, sorted(set(message_ids))))
        .order_by(CareMessage.id)
    )
    return _own(db.session.execute(statement), gateway_id)


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
    statement = (
        sa.select(
            *(
                CareMessage.id,
                CareMessage.gateway_id,
                CareMessage.number,
                CareMessage.slot_id,
                CareMessage.text,
            ),
            *(CareMessage.state, CareMessage.reason, CareMessage.attempt),
            *(CareMessage.lease_token_hash, CareMessage.lease_expires_at),
            *(CareMessage.lease_worker, Customer.phone, is_stopped().label("is_stopped")),
        )
        .join(Customer, Customer.id == CareMessage.customer_id)
        .where(is_among(CareMessage.id, sorted(message_ids)))
        .order_by(CareMessage.id)
        .with_for_update(key_share=True, of=CareMessage)
    )
    return _own(db.session.execute(statement), gateway_id)


def lock_states(message_ids: Iterable[str], *, gateway_id: str) -> Sequence[Any]:
    """Lock messages that a gateway has; return how each stands."""
    statement = (
        sa.select(CareMessage.id, CareMessage.gateway_id, CareMessage.state, CareMessage.reason)
        .where(is_among(CareMessage.id, sorted(message_ids)))
        .order_by(CareMessage.id)
        .with_for_update(key_share=True)
    )
    return _own(db.session.execute(statement), gateway_id)
