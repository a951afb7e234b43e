"""What the ledger knows of a contact's slot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.contact_frequency.models import Overrun, Slot, SlotSubject
from crm_api.contact_frequency.policies.moments import micros
from crm_api.contact_frequency.terms import PLANNED_STATES
from crm_api.kit.bundles import among, as_parameter
from crm_api.kit.db import db
from crm_api.kit.straight import StraightRead

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from crm_api.contact_history.models import Contact

PLANS_TOLD = 20
COUNTS = sa.text("slot_subjects.counting <> 'none'")  # as the partial index has it


def has_overrun(slot_id: str) -> bool:
    """Tell whether a slot broke a policy."""
    return slot_id in overrunning([slot_id])


_BROKE = StraightRead(sa.select(Overrun.slot_id).where(among(Overrun.slot_id, "slot_ids")))


def overrunning(slot_ids: Collection[str]) -> set[str]:
    """Return those of these slots that broke a policy."""
    return {slot_id for (slot_id,) in _BROKE.rows(slot_ids=as_parameter(slot_ids))}


def overruns_of(contact: Contact) -> Sequence[Overrun]:
    """Return what a contact's slot broke, in a stable order."""
    if not contact.has_overrun:
        return []
    broken = sa.select(Overrun).where(Overrun.slot_id == contact.slot_id)
    return db.session.scalars(broken.order_by(Overrun.created_at, Overrun.id)).all()


def plans_to_move(customer_id: str, *, after: datetime) -> Sequence[Slot]:
    """Return the customer's next plans that a late fact has made illegal."""
    ahead = sa.select(Slot).join(SlotSubject, SlotSubject.slot_id == Slot.id)
    ahead = ahead.where(
        SlotSubject.subject_id == customer_id, SlotSubject.effective_micros > micros(after), COUNTS
    )
    illegal = ahead.where(Slot.needs_new_plan, Slot.state.in_(PLANNED_STATES))
    return db.session.scalars(illegal.order_by(Slot.effective_at, Slot.id).limit(PLANS_TOLD)).all()
