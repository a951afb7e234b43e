"""Move what is planned; where the new time is illegal, it stays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crm_api.contact_frequency.errors import ContactBlocked, SlotSettled
from crm_api.contact_frequency.queries import frame_at, gather
from crm_api.contact_frequency.queries.overrides import override_facts
from crm_api.contact_frequency.service import exemptions, locking
from crm_api.contact_frequency.service.facts import mark_illegal
from crm_api.contact_frequency.service.ledger import Entries, keep_subjects, unit_of
from crm_api.contact_frequency.service.planning import plan_of
from crm_api.contact_frequency.service.replanning import clear_beside
from crm_api.contact_frequency.service.reserving import remember
from crm_api.contact_frequency.terms import PLANNED_STATES, DecisionKind, OverrunCause

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.contact_frequency.models import Slot
    from crm_api.contact_frequency.policies.facts import Facts
    from crm_api.contact_frequency.values import Decision


def move_slot(
    slot_id: str,
    *,
    to: datetime,
    by_id: str | None,
    override_id: str | None = None,
    is_agreed: bool = False,
) -> Slot:
    """Move a planned slot; where the new time is illegal, it stays where it is.

    The override that it stands under goes with it, as far as that reaches. What the customer agreed
    to was the former moment, unless they agreed to the new one as well.

    :raises ContactBlocked: if the new time is illegal; the decision is kept
    :raises OverrideDoesNotFit: and the like, if the override cannot be used: see `reserve_slot`
    :raises SlotSettled: if the contact has begun or ended
    :raises NotFound: if there is no such slot
    """
    slot, now = locking.get_slot(slot_id)
    if slot.state not in PLANNED_STATES:
        raise SlotSettled(state=slot.state, wanted="moved")
    is_agreed = is_agreed or (slot.is_agreed and slot.planned_at == to)
    if slot.planned_at == to and slot.is_agreed is is_agreed and not slot.needs_new_plan:
        return slot
    plan = replace(plan_of(slot), at=to, is_agreed=is_agreed)
    entries = Entries(frame=frame_at(now), now=now, by_id=by_id)
    facts = gather([plan], frame=entries.frame, now=now).facts_for(
        plan, own_slot=slot.id, override=override_facts([slot]).get(slot.id)
    )
    decision, facts = exemptions.judge(plan, facts, entries, override_id=override_id)
    if not decision.is_allowed:
        raise ContactBlocked(
            decision, remember=remember(decision, facts, by_id=by_id, slot_id=slot.id)
        )
    _stand(slot, decision, facts, entries)
    clear_beside([slot.id], now=now)
    if slot.override_id is not None:
        mark_illegal(slot.id, now=now)
    return slot


def _stand(slot: Slot, decision: Decision, facts: Facts, entries: Entries) -> None:
    """Put a slot where it was allowed to move, and let others give way to it there."""
    plan = decision.plan
    decision = entries.add_decision(decision, facts, kind=DecisionKind.MOVE, slot_id=slot.id)
    entries.add_losses(decision, winner_slot_id=slot.id)
    entries.add_overruns(
        decision.exceeded,
        slot_id=slot.id,
        customer_id=slot.customer_id,
        cause=OverrunCause.EXEMPT_CATEGORY,
    )
    slot.override_id = exemptions.apply(decision, entries, slot_id=slot.id, kept=slot.override_id)
    slot.is_agreed = plan.is_agreed
    slot.move(to=plan.at, **facts.persons[0].stamp, decision_id=decision.id, at=entries.now)
    entries.write()
    keep_subjects([slot], unit=unit_of(plan, facts, slot_id=slot.id))
