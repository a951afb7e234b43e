"""Plans follow the person to a new number; what happened stays with the number that rang."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.contact_frequency.models import Slot, SlotSubject
from crm_api.contact_frequency.models.slots import SUBJECT_COUNTS
from crm_api.contact_frequency.policies.limiting import RINGING
from crm_api.contact_frequency.policies.moments import micros
from crm_api.contact_frequency.service.ledger import readdress_slot
from crm_api.contact_frequency.service.replanning import STILL_OPEN
from crm_api.contact_frequency.terms import PLANNED_STATES
from crm_api.customers import locks
from crm_api.customers.models import Customer
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


def follow_numbers(former: Mapping[str, str | None], *, now: datetime) -> list[Slot]:
    """Let what is planned for these customers' former numbers go to the numbers they have now.

    The customers are locked; their new numbers are locked here, for their caps hold from now on.
    """
    if not former:
        return []
    table = Customer.__table__.c
    statement = sa.select(table.id, table.phone).where(is_among(table.id, sorted(former)))
    phones: dict[str, str | None] = {row.id: row.phone for row in db.session.execute(statement)}
    slots = [s for s in _planned(former, now=now) if s.endpoint == former[s.customer_id]]
    moving = [s for s in slots if s.endpoint != phones[s.customer_id]]
    numbers = {phones[slot.customer_id] for slot in moving}
    locks.lock_subjects(endpoints=[number for number in numbers if number])
    for slot in moving:
        readdress_slot(slot, number=phones[slot.customer_id])
    return moving


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
