"""The decisions that somebody wants explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.contact_frequency.models import Slot, StoredDecision
from crm_api.customers import queries as customers
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Sequence

TOLD_AT_MOST = 20


def decisions_of(target: str | None, *, customer_id: str | None) -> Sequence[StoredDecision]:
    """Return one decision, those about a slot, or the last of a customer; the oldest first."""
    if target is None:
        whose = StoredDecision.customer_id.in_(customers.all_ids_of(customer_id))
        return _last(sa.select(StoredDecision).where(whose))
    decision = db.session.get(StoredDecision, target)
    if decision is not None:
        return [decision]
    slot = db.session.get(Slot, target)
    if slot is None:
        return []
    # Of a plan that went on with a survivor, the first were made about another customer.
    about = sa.select(StoredDecision).where(
        StoredDecision.customer_id.in_(customers.all_ids_of(slot.customer_id))
    )
    return _last(about.where(StoredDecision.slot_id == slot.id))


def _last(statement: sa.Select[StoredDecision]) -> Sequence[StoredDecision]:
    newest = statement.order_by(StoredDecision.created_at.desc(), StoredDecision.id.desc())
    return list(reversed(db.session.scalars(newest.limit(TOLD_AT_MOST)).all()))
