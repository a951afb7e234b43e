"""How a slot's life goes on or ends, other than by happening."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api import config
from crm_api.contact_frequency.errors import SlotSettled
from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.models.slots import OPEN
from crm_api.contact_frequency.service import locking
from crm_api.contact_frequency.service.ledger import keep_subjects
from crm_api.contact_frequency.service.replanning import clear_beside
from crm_api.contact_frequency.terms import COUNTING_STATES, SlotState
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

FIRMED_AT_ONCE = 200


def release_slot(slot_id: str, *, reason: str) -> Slot:
    """Give a slot back: cancelled, opted out, definitely not sent. A repeat changes nothing.

    :raises SlotSettled: if its contact happened, or it ended otherwise
    :raises NotFound: if there is no such slot
    """
    [slot] = release_slots([slot_id], reason=reason)
    return slot


def release_slots(slot_ids: Collection[str], *, reason: str) -> list[Slot]:
    """Give slots back, in a few statements for any number of them.

    :raises SlotSettled: if the contact of one happened, or it ended otherwise
    :raises NotFound: if there is no such slot
    """
    return _become(slot_ids, SlotState.RELEASED, reason=reason)


def withdraw_slot(slot_id: str, *, reason: str) -> Slot:
    """Give a consumed slot back: its contact never happened, as a manager agreed.

    :raises SlotSettled: if it was not consumed
    :raises NotFound: if there is no such slot
    """
    slot, now = locking.get_slot(slot_id)
    if slot.state not in (SlotState.CONSUMED, SlotState.RELEASED):
        raise SlotSettled(state=slot.state, wanted="withdrawn")
    _settle([slot], SlotState.RELEASED, reason=reason, now=now)
    return slot


def expire_slot(slot_id: str, *, reason: str) -> Slot:
    """End a slot whose day has passed. A repeat changes nothing.

    :raises SlotSettled: if its contact began or ended
    :raises NotFound: if there is no such slot
    """
    [slot] = expire_slots([slot_id], reason=reason)
    return slot


def expire_slots(slot_ids: Collection[str], *, reason: str) -> list[Slot]:
    """End slots whose day has passed, in a few statements for any number of them.

    :raises SlotSettled: if the contact of one began or ended
    :raises NotFound: if there is no such slot
    """
    return _become(slot_ids, SlotState.EXPIRED, reason=reason)


def firm_due(*, now: datetime) -> int:
    """Reserve the next held slots whose moment is near; return how many those were."""
    near = now + timedelta(hours=config.current().firm_hours)
    held = sa.text("contact_slots.state = 'held'")
    statement = sa.select(Slot.id).where(OPEN, held, Slot.effective_at <= near)
    statement = statement.order_by(Slot.effective_at, Slot.id).limit(FIRMED_AT_ONCE)
    return len(firm_slots(db.session.scalars(statement).all()))


def firm_slots(slot_ids: Collection[str]) -> list[Slot]:
    """Reserve held slots for good: from now on they give way to nobody.

    What is held no more is left as it is.
    """
    if not slot_ids:
        return []
    now = locking.lock_slots(slot_ids)
    held = [s for s in locking.read_slots(slot_ids) if s.state is SlotState.HELD]
    _settle(held, SlotState.RESERVED, reason=None, now=now)
    return held


def return_slots(slot_ids: Collection[str], *, reason: str) -> list[Slot]:
    """Take contacts back from flight: whoever carried them says that they were not sent.

    They keep their places in the ledger and go through the gate again.

    :raises SlotSettled: if one is not in flight
    :raises NotFound: if there is no such slot
    """
    return _become(slot_ids, SlotState.RESERVED, reason=reason)


def doubt_slots(slot_ids: Collection[str]) -> list[Slot]:
    """Note that nothing was heard of contacts: they count, and are never sent again by themselves.

    :raises SlotSettled: if one is not in flight
    :raises NotFound: if there is no such slot
    """
    return _become(slot_ids, SlotState.UNCERTAIN, reason="nothing_heard")


def _become(slot_ids: Collection[str], state: SlotState, *, reason: str) -> list[Slot]:
    if not slot_ids:
        return []
    slots, now = locking.get_slots(slot_ids)
    if SlotState.CONSUMED in {slot.state for slot in slots}:  # only a withdrawal leads back
        raise SlotSettled(state=SlotState.CONSUMED, wanted=state)
    _settle(slots, state, reason=reason, now=now)
    return slots


def _settle(slots: Sequence[Slot], state: SlotState, *, reason: str | None, now: datetime) -> None:
    moving = [slot for slot in slots if slot.state is not state]
    for slot in moving:
        slot.become(state, reason=reason)
        slot.needs_new_plan &= state is SlotState.RESERVED
    keep_subjects(moving)
    if moving and state not in COUNTING_STATES:
        clear_beside([slot.id for slot in moving], now=now)
