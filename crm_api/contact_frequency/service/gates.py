"""The second gate: what was reserved is judged again, as of now, before it goes out."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from crm_api.contact_frequency.policies import decide
from crm_api.contact_frequency.policies.moments import micros
from crm_api.contact_frequency.policies.plain import Glance
from crm_api.contact_frequency.queries import frame_at, gather
from crm_api.contact_frequency.queries.overrides import override_facts
from crm_api.contact_frequency.service import exemptions, freezing, locking
from crm_api.contact_frequency.service.beginning import Begun, keep_begun, look_at_asked
from crm_api.contact_frequency.service.facts import judge_fact
from crm_api.contact_frequency.service.ledger import Entries, keep_subjects, unit_of
from crm_api.contact_frequency.service.planning import plans_of, touched_by
from crm_api.contact_frequency.terms import (
    PLANNED_STATES,
    DecisionKind,
    OverrunCause,
    SlotState,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from crm_api.contact_frequency.models import Overrun
    from crm_api.contact_frequency.policies.facts import OverrideFact
    from crm_api.contact_frequency.queries import Known
    from crm_api.contact_frequency.values import Decision, Plan


def begin_slots(slot_ids: Collection[str]) -> dict[str, Decision | None]:
    """Let reserved contacts begin, if they are legal at this very moment.

    For each slot: None means that it is in flight from now on, and must go out. A decision says
    why it may not; the slot stays as it is, for the caller to release or to try again. A slot that
    began or ended before is refused with `slot_settled`.
    """
    freezing.join_begins()
    locked = locking.lock_touched(slot_ids, look=look_at_asked)
    slots, now = locked.slots, locked.now
    if not slots:
        return {}
    plans = plans_of(slots, at=now, touched=locked.touched)
    entries = Entries(frame=frame_at(now), now=now, by_id=None)
    glance = Glance(entries.frame, now)
    known = gather(list(plans.values()), frame=entries.frame, now=now, reach=locked.reach)
    entries.is_frame_kept = known.is_frame_kept
    overrides = override_facts(slots)
    readers = Counter(one for plan in plans.values() for one in known.read_for(plan))
    answers: dict[str, Begun | Decision] = {}
    for slot in slots:
        plan, override = plans[slot.id], overrides.get(slot.id)
        answer = _begin(slot, plan, known, entries, glance=glance, override=override)
        answers[slot.id] = answer
        touched = touched_by(plan)
        if isinstance(answer, Begun) and any(readers[one] > 1 for one in touched):
            known.shift(slot.id, at=micros(now), unit=answer.unit, subject_ids=touched)
    entries.write()
    begun = [answer for answer in answers.values() if isinstance(answer, Begun)]
    keep_begun(begun, at=now, names_segments=bool(entries.frame.segment_ids))
    return {
        slot_id: None if isinstance(answer, Begun) else answer
        for slot_id, answer in answers.items()
    }


def _begin(
    slot: Any,
    plan: Plan,
    known: Known,
    entries: Entries,
    *,
    glance: Glance,
    override: OverrideFact | None,
) -> Begun | Decision:
    has_lost = slot.id in {loss.slot_id for loss in entries.losses}  # in this very call
    is_settled = has_lost or slot.state not in PLANNED_STATES
    facts = known.facts_for(plan, own_slot=slot.id, is_settled=is_settled, override=override)
    decision = glance.decide(plan, facts) or decide(plan, facts, entries.frame, entries.now)
    kind = DecisionKind.BEGIN if decision.is_allowed else DecisionKind.REFUSAL
    decision = entries.add_decision(decision, facts, kind=kind, slot_id=slot.id)
    if not decision.is_allowed:
        return decision
    entries.add_overruns(
        decision.exceeded,
        slot_id=slot.id,
        customer_id=slot.customer_id,
        cause=OverrunCause.EXEMPT_CATEGORY,
    )
    exemptions.record_overruns(decision, entries, slot_id=slot.id)
    known.drop(entries.add_losses(decision, winner_slot_id=slot.id))
    unit = unit_of(plan, facts, slot_id=slot.id)  # its visit may have moved away from it
    stamp = facts.persons[0].stamp
    return Begun(slot_id=slot.id, unit=unit, stamp=stamp, decision_id=decision.id)


def start_visit_slot(slot_id: str, *, at: datetime) -> list[Overrun]:
    """Check in: the visit happens now, whatever the policies say; tell what it went beyond.

    :raises SlotSettled: if the visit ended before
    :raises NotFound: if there is no such slot
    """
    slot, now = locking.get_slot(slot_id)
    if slot.state is SlotState.IN_FLIGHT:
        return []
    slot.become(SlotState.IN_FLIGHT)
    overruns = judge_fact(slot, at=at, now=now, cause=OverrunCause.CHECK_IN)
    keep_subjects([slot])
    return overruns
