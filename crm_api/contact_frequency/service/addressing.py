"""Plans follow the person to a new number; what happened stays with the number that rang."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.contact_frequency.models import Slot, SlotSubject
from crm_api.contact_frequency.models.slots import SUBJECT_COUNTS
from crm_api.contact_frequency.policies.limiting import RINGING
from crm_api.contact_frequency.policies.moments import micros
from crm_api.contact_frequency.service import replanning
from crm_api.contact_frequency.service.ledger import readdress_slot
from crm_api.contact_frequency.service.replanning import STILL_OPEN
from crm_api.contact_frequency.terms import PLANNED_STATES
from crm_api.customers import locks
from crm_api.customers.models import Customer
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime


def lock_numbers(former: Mapping[str, str | None]) -> dict[str, str | None]:
    """Lock the numbers that these customers have now, whose caps hold from now on; return them.

    Their former ones as well: there is room again for what others plan.

    The customers are locked already, and the clock is not read yet: that comes after all subjects.
    Of numbers the caller holds none, or all of these, as where one is added to who had none, or two
    are merged: the order in which locks are taken holds within a call only, and this is the second.
    """
    if not former:
        return {}
    table = Customer.__table__.c
    statement = sa.select(table.id, table.phone).where(is_among(table.id, sorted(former)))
    phones: dict[str, str | None] = {row.id: row.phone for row in db.session.execute(statement)}
    numbers = {*phones.values(), *former.values()}
    locks.lock_subjects(endpoints=[number for number in numbers if number])
    return phones


def follow_numbers(
    former: Mapping[str, str | None], *, to: Mapping[str, str | None], now: datetime
) -> set[str]:
    """Let what is planned for these customers' former numbers go to the numbers they have now.

    Return the numbers that something came to, where it may stand too close to what others plan, and
    those that it left.
    """
    moved = []
    for slot in _planned(former, now=now) if former else ():
        number = to[slot.customer_id]
        if slot.endpoint == former[slot.customer_id] != number:
            readdress_slot(slot, number=number)
            moved.append(slot)
    replanning.explain_exempt(moved, now=now)
    numbers = {n for slot in moved for n in (slot.endpoint, former[slot.customer_id])}
    return {number for number in numbers if number is not None}


def _planned(customer_ids: Mapping[str, str | None], *, now: datetime) -> list[Slot]:
    statement = (
        sa.select(Slot)
        .join(SlotSubject, SlotSubject.slot_id == Slot.id)
        .where(is_among(SlotSubject.subject_id, sorted(customer_ids)), SUBJECT_COUNTS)
        .where(SlotSubject.subject_id == Slot.customer_id)
        .where(SlotSubject.effective_micros >= micros(now - STILL_OPEN))
        .where(Slot.state.in_(PLANNED_STATES), Slot.channel.in_(sorted(RINGING)))
        .order_by(Slot.id)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(statement))


def planned_on(numbers: Collection[str], *, now: datetime) -> list[str]:
    """Return the customers with whom something is planned on these numbers."""
    statement = (
        sa.select(Slot.customer_id)
        .distinct()
        .join(SlotSubject, SlotSubject.slot_id == Slot.id)
        .where(is_among(SlotSubject.subject_id, sorted(numbers)), SUBJECT_COUNTS)
        .where(SlotSubject.effective_micros >= micros(now - STILL_OPEN))
        .where(Slot.state.in_(PLANNED_STATES))
        .order_by(Slot.customer_id)
    )
    return list(db.session.scalars(statement)) if numbers else []
