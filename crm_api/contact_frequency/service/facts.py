"""What happened is never refused: it is counted, and what it went beyond is recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.contact_frequency.errors import FactInFuture
from crm_api.contact_frequency.models import Slot, SlotSubject
from crm_api.contact_frequency.models.slots import TAKEN_SOURCE, counting_of
from crm_api.contact_frequency.policies import decide
from crm_api.contact_frequency.policies.moments import micros
from crm_api.contact_frequency.queries import frame_at, gather
from crm_api.contact_frequency.queries.beside import plans_beside
from crm_api.contact_frequency.queries.overrides import override_facts
from crm_api.contact_frequency.service import exemptions, locking
from crm_api.contact_frequency.service.ledger import Entries, keep_subjects, unit_of
from crm_api.contact_frequency.service.planning import plan_of
from crm_api.contact_frequency.service.replanning import recheck_slots
from crm_api.contact_frequency.terms import (
    COUNTING_STATES,
    TEXT_CHANNELS,
    Counting,
    DecisionKind,
    OverrunCause,
    SlotState,
    SubjectKind,
)
from crm_api.customers import queries as customers
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.straight import StraightRead

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crm_api.contact_frequency.models import Overrun
    from crm_api.contact_frequency.policies.facts import Facts
    from crm_api.contact_frequency.values import Decision, Plan

SKEW = timedelta(minutes=5)
LATE = timedelta(hours=72)
FOR_A_LOOK = timedelta(days=90)


# Whether there is any: hardly ever, and to find none by way of the ORM takes several times as long.
_TAKEN = StraightRead(
    sa.select(Slot.id).where(Slot.source == sa.bindparam("source", type_=sa.Text()), TAKEN_SOURCE)
)


def record_fact(
    plan: Plan,
    *,
    occurred_at: datetime,
    recorded_at: datetime,
    outcome: str | None,
    by_id: str | None,
) -> Slot:
    """Count a contact that happened, planned or not, and record what it went beyond.

    Told twice for one source, it is one contact; a reservation of that source is consumed.

    :raises FactInFuture: if it is said to lie more than five minutes ahead
    :raises NotFound: if there is no such customer
    """
    locked = locking.lock_plans([replace(plan, at=occurred_at)])
    [plan], now = locked.plans, locked.now
    if occurred_at > max(now, recorded_at) + SKEW:
        raise FactInFuture
    slot = _of_source(plan.source)
    if slot is not None:
        _consume({slot: occurred_at}, outcome=outcome, now=now)
        return slot
    entries = Entries(frame=frame_at(now), now=now, by_id=by_id)
    counting = Counting.NONE if plan.begun_by_customer else counting_of(plan.channel, outcome)
    known = gather([plan], frame=entries.frame, now=now, reach=locked.reach)
    entries.is_frame_kept = known.is_frame_kept
    facts = known.facts_for(plan, counting=counting, has_happened=True)
    slot_id = _enter(
        plan,
        facts,
        entries,
        occurred_at=occurred_at,
        recorded_at=recorded_at,
        outcome=outcome,
    )
    touched = {(row["subject_kind"], row["subject_id"]) for row in entries.subjects}
    entries.write()
    recheck_slots(_plans_beside(slot_id, touched=touched, at=micros(plan.at)), now=now)
    return db.session.get_one(Slot, slot_id)


def _of_source(source: str | None) -> Slot | None:
    if source is None:
        return None
    if not _TAKEN.rows(source=source):
        return None
    statement = sa.select(Slot).where(Slot.source == source, TAKEN_SOURCE)
    return db.session.scalar(statement.execution_options(populate_existing=True))


def _enter(
    plan: Plan,
    facts: Facts,
    entries: Entries,
    *,
    occurred_at: datetime,
    recorded_at: datetime,
    outcome: str | None,
) -> str:
    slot_id, decision = new_id(), None
    if facts.counting is not Counting.NONE:
        decision = decide(plan, facts, entries.frame, entries.now)
        decision = entries.add_decision(decision, facts, kind=DecisionKind.FACT, slot_id=slot_id)
    said_before = facts.occurrence_slot is not None
    entries.add_slot(
        replace(plan, occurrence=None) if said_before else plan,
        facts,
        slot_id=slot_id,
        decision_id=decision.id if decision else None,
        state=SlotState.CONSUMED,
        counting=facts.counting,
        planned_at=None,
        occurred_at=occurred_at,
        recorded_at=recorded_at,
        outcome=outcome,
        is_late=recorded_at - occurred_at > LATE,
        needs_look=recorded_at - occurred_at > FOR_A_LOOK,
    )
    if decision:
        _add_overruns(decision, slot_id, entries, cause=OverrunCause.LATE_FACT)
    return slot_id


def _add_overruns(
    decision: Decision, slot_id: str, entries: Entries, *, cause: OverrunCause
) -> list[Overrun]:
    whose = {"slot_id": slot_id, "customer_id": decision.plan.customer_id}
    beyond = entries.add_overruns(decision.reasons, **whose, cause=cause)
    exempt = OverrunCause.EXEMPT_CATEGORY
    return [*beyond, *entries.add_overruns(decision.exceeded, **whose, cause=exempt)]


def consume_slot(slot_id: str, *, occurred_at: datetime, outcome: str | None) -> Slot:
    """Record that a contact happened, even where its slot had been given back.

    A message stands at the moment it was handed out; a visit or call at its real start. A repeat
    changes nothing.

    :raises FactInFuture: if it is said to lie more than five minutes ahead
    :raises SlotSettled: if there is no way from the slot's state
    :raises NotFound: if there is no such slot
    """
    [slot] = consume_slots({slot_id: occurred_at}, outcome=outcome)
    return slot


def consume_slots(occurred_at: Mapping[str, datetime], *, outcome: str | None) -> list[Slot]:
    """Record that contacts happened, each at its moment: see `consume_slot`.

    It takes a few statements for any number of messages that stand where they were handed out;
    what was given back, or stood elsewhere, is judged each for itself.

    :raises FactInFuture: if one is said to lie more than five minutes ahead
    :raises SlotSettled: if there is no way from the state of one
    :raises NotFound: if there is no such slot
    """
    if not occurred_at:
        return []
    slots, now = locking.get_slots(occurred_at)
    if max(occurred_at.values()) > now + SKEW:
        raise FactInFuture
    _consume({slot: occurred_at[slot.id] for slot in slots}, outcome=outcome, now=now)
    return slots


def _consume(happened: Mapping[Slot, datetime], *, outcome: str | None, now: datetime) -> None:
    new = {slot: at for slot, at in happened.items() if slot.state is not SlotState.CONSUMED}
    standing = {slot: at for slot, at in new.items() if _stands_where(slot, at)}
    for slot, at in standing.items():
        _happen(slot, at=at, outcome=outcome, now=now)
    keep_subjects(list(standing))
    for slot, at in new.items():
        if slot not in standing:
            cause = _cause_of(slot)
            if _of_source(slot.source) not in (None, slot):
                slot.source = None  # given back, and booked anew: the other stands for it by now
            _happen(slot, at=at, outcome=outcome, now=now)
            _judge_anew(slot, at=at, now=now, cause=cause)


def _happen(slot: Slot, *, at: datetime, outcome: str | None, now: datetime) -> None:
    slot.become(SlotState.CONSUMED)
    slot.happen(at=at, outcome=outcome, recorded_at=now, late=LATE, for_a_look=FOR_A_LOOK)


def _judge_anew(slot: Slot, *, at: datetime, now: datetime, cause: OverrunCause) -> None:
    if slot.counting is not Counting.NONE:
        judge_fact(slot, at=at, now=now, cause=cause)
        return
    slot.judge(
        effective_at=at,
        tier=slot.tier,
        segments=slot.segments,
        decision_id=slot.decision_id,
        at=now,
    )
    keep_subjects([slot])


def _stands_where(slot: Slot, at: datetime) -> bool:
    was_sent = slot.state in (SlotState.IN_FLIGHT, SlotState.UNCERTAIN)
    return was_sent and (slot.channel in TEXT_CHANNELS or slot.effective_at == at)


def _cause_of(slot: Slot) -> OverrunCause:
    is_receipt = slot.state not in COUNTING_STATES
    return OverrunCause.LATE_RECEIPT if is_receipt else OverrunCause.LATE_FACT


def recount_slot(slot_id: str, *, outcome: str) -> None:
    """Count a contact anew, by how it really ended: an unanswered call may have been a talk.

    What was taken back, or begun by the customer, goes on counting for nothing.

    :raises NotFound: if there is no such slot
    """
    slot, now = locking.get_slot(slot_id)
    counting = counting_of(slot.channel, outcome)
    if slot.state is SlotState.CONSUMED and slot.counting is not Counting.NONE:
        slot.outcome = outcome
        if slot.counting is not counting:
            slot.counting = counting
            judge_fact(slot, at=slot.effective_at, now=now, cause=OverrunCause.LATE_FACT)


def judge_fact(slot: Slot, *, at: datetime, now: datetime, cause: OverrunCause) -> list[Overrun]:
    """Put a slot where its contact really took place, and record what that goes beyond."""
    with db.session.no_autoflush:  # another slot may hold its occurrence: first see, then write
        plan = plan_of(slot, at=at)
        entries = Entries(frame=frame_at(now), now=now, by_id=slot.by_id)
        known = gather([plan], frame=entries.frame, now=now)
    facts = known.facts_for(
        plan,
        own_slot=slot.id,
        counting=slot.counting,
        has_happened=True,
        override=override_facts([slot]).get(slot.id),
    )
    decision = decide(plan, facts, entries.frame, now)
    decision = entries.add_decision(decision, facts, kind=DecisionKind.FACT, slot_id=slot.id)
    overruns = _add_overruns(decision, slot.id, entries, cause=cause)
    exemptions.record_overruns(decision, entries, slot_id=slot.id)
    if facts.occurrence_slot is not None:
        slot.occurrence = None
    stamp = facts.persons[0].stamp
    slot.judge(effective_at=at, **stamp, decision_id=decision.id, at=now)
    entries.write()
    keep_subjects([slot], unit=unit_of(plan, facts, slot_id=slot.id))
    mark_illegal(slot.id, now=now)
    return overruns


def mark_illegal(slot_id: str, *, now: datetime) -> None:
    """Mark the plans beside a fact that it made illegal: they need a new plan."""
    columns = (SlotSubject.subject_kind, SlotSubject.subject_id, SlotSubject.effective_micros)
    rows = db.session.execute(sa.select(*columns).where(SlotSubject.slot_id == slot_id)).all()
    touched, at = {(kind, subject_id) for kind, subject_id, _at in rows}, rows[0].effective_micros
    recheck_slots(_plans_beside(slot_id, touched=touched, at=at), now=now)


def _plans_beside(
    slot_id: str, *, touched: set[tuple[SubjectKind, str]], at: int
) -> Sequence[Slot]:
    met = {subject_id for kind, subject_id in touched if kind is SubjectKind.CUSTOMER}
    persons = customers.same_person_ids(met)  # they share one budget; a number is itself
    subject_ids = {one for ids in persons.values() for one in ids} | {one for _, one in touched}
    beside = plans_beside(slot_id, subject_ids=subject_ids, at=at)
    return locking.read_slots(beside)
