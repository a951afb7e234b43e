"""A further look at contacts in flight, for those whose hand-out may have been lost on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.contact_frequency.policies import decide
from crm_api.contact_frequency.queries import frame_at, gather
from crm_api.contact_frequency.queries.overrides import override_facts
from crm_api.contact_frequency.service import freezing, locking
from crm_api.contact_frequency.service.planning import plans_of
from crm_api.contact_frequency.terms import SlotState

if TYPE_CHECKING:
    from collections.abc import Collection


def still_allowed(slot_ids: Collection[str]) -> set[str]:
    """Tell which of these contacts are in flight and might begin at this very moment too.

    Nothing is stored: they began once, and are handed out again to nobody else. What is refused
    by now, after an opt-out or at night, stays in doubt.
    """
    freezing.join_begins()
    now = locking.lock_slots(slot_ids)
    slots = [s for s in locking.read_slots(slot_ids) if s.state is SlotState.IN_FLIGHT]
    if not slots:
        return set()
    frame, plans, overrides = frame_at(now), plans_of(slots, at=now), override_facts(slots)
    known = gather(list(plans.values()), frame=frame, now=now)
    allowed = set()
    for slot in slots:
        override = overrides.get(slot.id)
        facts = known.facts_for(
            plans[slot.id], own_slot=slot.id, is_settled=False, override=override
        )
        if decide(plans[slot.id], facts, frame, now).is_allowed:
            allowed.add(slot.id)
    return allowed
