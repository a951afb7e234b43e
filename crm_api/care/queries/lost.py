"""The messages that lost their moment, and what became of their winners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm_api.care.models import CareMessage
from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.terms import COUNTING_STATES, PLANNED_STATES
from crm_api.customers.models import Customer
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

HAS_LOST = sa.text("care_messages.state IN ('preempted', 'coalesced')")
WINNER = aliased(Slot)
HAS_FALLEN = sa.or_(WINNER.id.is_(None), WINNER.state.not_in(COUNTING_STATES))
# It lost just now, its winner fell, or its winner stands elsewhere since.
MAY_ASK = sa.or_(
    CareMessage.tried_at.is_(None),
    HAS_FALLEN,
    sa.and_(WINNER.state.in_(PLANNED_STATES), WINNER.judged_at > CareMessage.tried_at),
)


def find_askable(*, after: datetime, limit: int) -> Sequence[Any]:
    """Return lost messages that may get a moment after this one, those that matter most first."""
    own = aliased(Slot)
    statement = (
        sa.select(CareMessage.id, CareMessage.customer_id, Customer.phone.label("number"))
        .join(Customer, Customer.id == CareMessage.customer_id)
        .join(WINNER, WINNER.id == CareMessage.winner_slot_id, isouter=True)
        .join(own, own.id == CareMessage.slot_id)
        .where(HAS_LOST, CareMessage.send_before > after, MAY_ASK, Customer.phone.is_not(None))
        .order_by(CareMessage.priority, own.occasion_rank, CareMessage.id)
        .limit(limit)
    )
    return db.session.execute(statement).all()


def lock_askable(message_ids: Iterable[str]) -> Sequence[Any]:
    """Return those of these that still may ask, with the ranks of their occasions, in that order.

    With each comes the number that its customer has by now; who has none is asked for nothing.
    They are locked by id first: only then is it certain what became of them and their winners.
    """
    ids = sorted(message_ids)
    locked = sa.select(CareMessage).where(CareMessage.id.in_(ids)).order_by(CareMessage.id)
    locked = locked.with_for_update(key_share=True)
    db.session.scalars(locked.execution_options(populate_existing=True)).all()
    own = aliased(Slot)
    statement = (
        sa.select(CareMessage, own.occasion_rank, Customer.phone)
        .join(Customer, Customer.id == CareMessage.customer_id)
        .join(WINNER, WINNER.id == CareMessage.winner_slot_id, isouter=True)
        .join(own, own.id == CareMessage.slot_id)
        .where(CareMessage.id.in_(ids), HAS_LOST, MAY_ASK, Customer.phone.is_not(None))
        .order_by(CareMessage.priority, own.occasion_rank, CareMessage.id)
    )
    return db.session.execute(statement).all()


def find_past(*, since: datetime, until: datetime, limit: int) -> Sequence[Any]:
    """Return messages whose day passed after their winner fell."""
    statement = (
        sa.select(CareMessage.id, CareMessage.customer_id, CareMessage.number)
        .join(WINNER, WINNER.id == CareMessage.winner_slot_id, isouter=True)
        .where(HAS_LOST, CareMessage.send_before > since, CareMessage.send_before <= until)
        .where(HAS_FALLEN)
        .order_by(CareMessage.send_before, CareMessage.id)
        .limit(limit)
    )
    return db.session.execute(statement).all()


def lock_lost(message_ids: Iterable[str]) -> Sequence[CareMessage]:
    """Return those of these messages that are lost still, as they are now, locked by id."""
    statement = (
        sa.select(CareMessage)
        .where(CareMessage.id.in_(sorted(message_ids)), HAS_LOST)
        .order_by(CareMessage.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(statement).all()
