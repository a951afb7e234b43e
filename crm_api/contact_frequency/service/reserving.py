"""Ask, reserve: plans are refused with every reason and the next moment."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from crm_api import config
from crm_api.contact_frequency.errors import ContactBlocked, SourceReserved
from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.policies import decide, ranking
from crm_api.contact_frequency.queries import frame_at, gather, look_at
from crm_api.contact_frequency.queries.known import met_by
from crm_api.contact_frequency.service import exemptions, locking, losing
from crm_api.contact_frequency.service.facts import mark_illegal
from crm_api.contact_frequency.service.ledger import Entries
from crm_api.contact_frequency.terms import (
    Counting,
    DecisionKind,
    OverrunCause,
    SlotState,
)
from crm_api.contact_frequency.values import Booking
from crm_api.customers import queries as customers
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.contact_frequency.policies.facts import Facts
    from crm_api.contact_frequency.queries import Known
    from crm_api.contact_frequency.values import Decision, Plan
    from crm_api.customers.values import Reach

    Keeps = Callable[[Decision], bool]  # tells whether a refusal is stored

CHUNK = 1200


def preflight(plan: Plan, *, now: datetime) -> Decision:
    """Say what a reservation would answer. Stores nothing, locks nothing.

    :raises NotFound: if there is no such customer
    """
    return preflight_plans([plan], now=now)[0]


def preflight_plans(plans: Sequence[Plan], *, now: datetime) -> list[Decision]:
    """Say what each plan would be answered if it were the only one. Stores nothing.

    :raises NotFound: if a customer does not exist
    """
    if not plans:
        return []
    frame = frame_at(now)
    reach = customers.reach_of({customer_id for plan in plans for customer_id in met_by(plan)})
    plans = locking.with_endpoints(plans, reach)
    known = gather(plans, frame=frame, now=now, reach=reach)
    return [decide(plan, known.facts_for(plan), frame, now) for plan in plans]


def reserve_slot(
    plan: Plan,
    *,
    by_id: str | None,
    slot_id: str | None = None,
    override_id: str | None = None,
    visible_to: Actor | None = None,
) -> Slot:
    """Book a contact ahead, or refuse it with the whole trace.

    Asked twice for one source, it is one reservation. An override lets its one contact through;
    plans beside it that are now illegal need a new plan. Where it is told who asks, they have to
    see the customer.

    :raises ContactBlocked: if the policies in force do not allow it; the decision is kept
    :raises OverrideDoesNotFit: if the override binds another contact
    :raises OverrideSettled: if nobody approved it, or it was used or taken back
    :raises OverrideLapsed: if its time is over
    :raises OverrideUnvouched: if who approved it has left, or may not any more
    :raises SourceReserved: if the source holds a reservation for something else
    :raises Busy: if whom it reaches changed just then
    :raises NotFound: if there is no such customer
    """
    locked = locking.lock_plan(plan, visible_to=visible_to)
    [plan], now = locked.plans, locked.now
    frame, known = look_at(plan, now=now, reach=locked.reach)
    entries = Entries(frame=frame, now=now, by_id=by_id, is_frame_kept=known.is_frame_kept)
    answer = _existing(plan, known) or _judge(
        plan, known, entries, slot_id or new_id(), is_held=False, override_id=override_id
    )
    if isinstance(answer, tuple):
        decision, facts = answer
        raise ContactBlocked(decision, remember=remember(decision, facts, by_id=by_id))
    entries.write()
    return _booked(answer)


def _booked(booking: Booking) -> Slot:
    if booking.row is None:
        return locking.read_slots([booking.id])[0]
    slot = Slot(**booking.row)
    if slot.override_id is not None:
        mark_illegal(slot.id, now=slot.judged_at)
    return slot


def reserve_slots(
    plans: Sequence[Plan],
    *,
    by_id: str | None,
    is_held: bool = False,
    keeps: Keeps = lambda _: True,
    seen: Mapping[str, Reach] | None = None,
) -> list[Booking | Decision]:
    """Book some hundreds of contacts, each judged after those before it in the list.

    The blocked come back as decisions, and what `keeps` says yes to is stored. Slots come back as
    what they were asked for, because to build the objects took longer than all that led to them. A
    held one gives way to contacts that matter more, until it is firmed; where another greeting of
    its day does not give way to it, it comes back coalesced. Whom they reach may be `seen`.

    :raises Busy: if that, or who is one person, changed just then
    :raises SourceReserved: if a source holds a reservation for something else
    :raises NotFound: if a customer does not exist
    """
    if not plans:
        return []
    locked = locking.lock_plans(plans, seen=seen)
    plans, now = locked.plans, locked.now
    entries = Entries(frame=frame_at(now), now=now, by_id=by_id)
    answers: list[Booking | Decision] = []
    for start in range(0, len(plans), CHUNK):
        chunk = plans[start : start + CHUNK]
        known = gather(chunk, frame=entries.frame, now=now, reach=locked.reach, are_new=True)
        entries.is_frame_kept = known.is_frame_kept
        for plan in chunk:
            answer = _existing(plan, known) or _judge(
                plan, known, entries, new_id(), is_held=is_held, override_id=None
            )
            if isinstance(answer, Booking):
                answers.append(answer)
            else:
                answers.append(_refused(*answer, entries=entries, keeps=keeps, is_held=is_held))
        entries.write()
    return answers


def _refused(
    decision: Decision, facts: Facts, *, entries: Entries, keeps: Keeps, is_held: bool
) -> Booking | Decision:
    winner_slot_id = ranking.said_by(decision) if is_held else None
    slot_id = new_id() if winner_slot_id else None
    if slot_id is not None or keeps(decision):
        decision = entries.add_decision(decision, facts, kind=DecisionKind.REFUSAL, slot_id=slot_id)
    if slot_id is None:
        return decision
    entries.add_slot(
        decision.plan,
        facts,
        slot_id=slot_id,
        decision_id=decision.id,
        state=SlotState.COALESCED,
        counting=Counting.NONE,
        reason=losing.SAID,
        winner_slot_id=winner_slot_id,
    )
    return _booking(slot_id, decision.plan, entries)


def _judge(
    plan: Plan,
    known: Known,
    entries: Entries,
    slot_id: str,
    *,
    is_held: bool,
    override_id: str | None,
) -> Booking | tuple[Decision, Facts]:
    decision, facts = exemptions.judge(
        plan, known.facts_for(plan), entries, override_id=override_id
    )
    if not decision.is_allowed:
        return decision, facts
    decision = entries.add_decision(decision, facts, kind=DecisionKind.RESERVATION, slot_id=slot_id)
    known.drop(lost := entries.add_losses(decision, winner_slot_id=slot_id))
    unit, touched = entries.add_slot(
        plan,
        facts,
        slot_id=slot_id,
        decision_id=decision.id,
        state=_state(plan, now=entries.now) if is_held else SlotState.RESERVED,
        override_id=exemptions.apply(decision, entries, slot_id=slot_id),
    )
    entries.add_overruns(
        decision.exceeded,
        slot_id=slot_id,
        customer_id=plan.customer_id,
        cause=OverrunCause.EXEMPT_CATEGORY,
    )
    booking = _booking(slot_id, plan, entries, has_won=bool(lost))
    known.add(booking, plan, unit=unit, subject_ids=touched, claim=entries.subjects[-1]["claim"])
    return booking


def _state(plan: Plan, *, now: datetime) -> SlotState:
    ahead = timedelta(hours=config.current().firm_hours)
    return SlotState.HELD if plan.at > now + ahead else SlotState.RESERVED


def _booking(slot_id: str, plan: Plan, entries: Entries, *, has_won: bool = False) -> Booking:
    asked = (plan.customer_id, plan.channel, plan.category, plan.at)
    return Booking(slot_id, *asked, row=entries.slots[-1], has_won=has_won)


def _existing(plan: Plan, known: Known) -> Booking | None:
    booking = known.sources.get(plan.source) if plan.source else None
    if booking is None:
        return None
    asked = (plan.customer_id, plan.channel, plan.category, plan.at)
    if asked != (booking.customer_id, booking.channel, booking.category, booking.planned_at):
        raise SourceReserved(slot_id=booking.id)
    return booking


def remember(
    decision: Decision, facts: Facts, *, by_id: str | None, slot_id: str | None = None
) -> Callable[[], None]:
    """Return how to keep a refusal once its transaction is rolled back."""

    def keep() -> None:
        now = decision.judged_at
        entries = Entries(frame=frame_at(now), now=now, by_id=by_id)
        entries.add_decision(decision, facts, kind=DecisionKind.REFUSAL, slot_id=slot_id)
        entries.write()

    return keep
