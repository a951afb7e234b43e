"""How a slot's life goes on or ends, other than by happening."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.contact_frequency.errors import SlotSettled
from crm_api.contact_frequency.service import locking
from crm_api.contact_frequency.service.ledger import keep_subjects
from crm_api.contact_frequency.terms import SlotState

if TYPE_CHECKING:
    from crm_api.contact_frequency.models import Slot


def release_slot(slot_id: str, *, reason: str) -> Slot:
    """Give a slot back: cancelled, opted out, definitely not sent. A repeat changes nothing.

    :raises SlotSettled: if its contact happened, or it ended otherwise
    :raises NotFound: if there is no such slot
    """
    return _become(slot_id, SlotState.RELEASED, reason=reason)


def withdraw_slot(slot_id: str, *, reason: str) -> Slot:
    """Give a consumed slot back: its contact never happened, as a manager agreed.

    :raises SlotSettled: if it was not consumed
    :raises NotFound: if there is no such slot
    """
    slot, _now = locking.get_slot(slot_id)
    if slot.state not in (SlotState.CONSUMED, SlotState.RELEASED):
        raise SlotSettled(state=slot.state, wanted="withdrawn")
    return _settle(slot, SlotState.RELEASED, reason=reason)


def expire_slot(slot_id: str, *, reason: str) -> Slot:
    """End a slot whose day has passed. A repeat changes nothing.

    :raises SlotSettled: if its contact began or ended
    :raises NotFound: if there is no such slot
    """
    return _become(slot_id, SlotState.EXPIRED, reason=reason)


def return_slot(slot_id: str, *, reason: str) -> Slot:
    """Take a contact back from flight: whoever carried it says that it was not sent.

    It keeps its place in the ledger and goes through the gate again.

    :raises SlotSettled: if it is not in flight
    :raises NotFound: if there is no such slot
    """
    return _become(slot_id, SlotState.RESERVED, reason=reason)


def doubt_slot(slot_id: str) -> Slot:
    """Note that nothing was heard of a contact: it counts, and is never sent again by itself.

    :raises SlotSettled: if it is not in flight
    :raises NotFound: if there is no such slot
    """
    return _become(slot_id, SlotState.UNCERTAIN, reason="nothing_heard")


def _become(slot_id: str, state: SlotState, *, reason: str) -> Slot:
    slot, _now = locking.get_slot(slot_id)
    if slot.state is SlotState.CONSUMED:  # only a withdrawal leads back
        raise SlotSettled(state=slot.state, wanted=state)
    return _settle(slot, state, reason=reason)


def _settle(slot: Slot, state: SlotState, *, reason: str) -> Slot:
    if slot.state is not state:
        slot.become(state, reason=reason)
        slot.needs_new_plan = False
        keep_subjects(slot)
    return slot
