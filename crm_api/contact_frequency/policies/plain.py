"""The plain case, told at a glance: nothing is known that could stand in the way.

Most greetings are of this kind, and a mass plan asks about a million of them. Where anything at all
might forbid the moment, this says nothing, and `decide` has the word; where it answers, `decide`
would answer the same, byte by byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.contact_frequency.policies import hours, moments
from crm_api.contact_frequency.policies.barriers import GRACE
from crm_api.contact_frequency.policies.rooms import is_free
from crm_api.contact_frequency.policies.trace import write_trace
from crm_api.contact_frequency.terms import Counting, Verdict
from crm_api.contact_frequency.values import Decision

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.contact_frequency.policies.facts import EndpointFacts, Facts, PersonFacts, SlotFact
    from crm_api.contact_frequency.policies.matching import PolicyFrame
    from crm_api.contact_frequency.policies.rooms import Room
    from crm_api.contact_frequency.values import Plan

_TWO_DAYS = 2 * moments.DAY


def decide_plainly(
    plan: Plan, facts: Facts, policies: PolicyFrame, now: datetime
) -> Decision | None:
    """Allow a plan that nothing speaks against; None where that takes a closer look."""
    is_plain = _asks_plainly(plan, facts) and _is_in_time(plan, now)
    if not (is_plain and _is_open(plan, facts, policies)):
        return None
    decision = Decision(plan=plan, verdict=Verdict.ALLOWED, judged_at=now, next_allowed_at=plan.at)
    decision.trace = write_trace(decision)
    return decision


def _asks_plainly(plan: Plan, facts: Facts) -> bool:
    """Tell whether one customer is met, for nothing special."""
    return (
        len(facts.persons) == 1
        and plan.visit_id is None
        and facts.occurrence_slot is None
        and facts.override is None
        and facts.counting is Counting.FULL
        and not (facts.has_happened or facts.is_settled)
    )


def _is_in_time(plan: Plan, now: datetime) -> bool:
    at = moments.micros(plan.at)
    is_ahead = at >= moments.micros(now) - GRACE
    return is_ahead and (plan.not_after is None or at <= moments.micros(plan.not_after))


def _is_open(plan: Plan, facts: Facts, policies: PolicyFrame) -> bool:
    """Tell whether nobody asked for quiet, no cap is near, and the hours are open."""
    person, endpoint, at = facts.persons[0], facts.endpoint, moments.micros(plan.at)
    if not _is_free(person, at=at) or (endpoint is not None and not _is_silent(endpoint)):
        return False
    applicable = policies.applicable(
        plan.channel,
        plan.category,
        tier=person.tier,
        customer_id=person.customer_id,
        segments=person.segments,
    )
    return (
        _has_room(applicable.rooms, _others(person.slots, facts), at=at)
        and _has_room(applicable.rooms, _others(endpoint.slots if endpoint else (), facts), at=at)
        and not any(hours.applies(w.rule, plan) and w.hit(at) for w in applicable.windows)
    )


def _others(slots: Sequence[SlotFact], facts: Facts) -> Sequence[SlotFact]:
    """Leave out the slot that asks: it does not stand in its own way."""
    if facts.own_slot is None:
        return slots
    return [slot for slot in slots if slot.slot_id != facts.own_slot]


def _is_free(person: PersonFacts, *, at: int) -> bool:
    """Tell whether no wish, refusal, hold or standing concerns a customer."""
    return not (
        person.wishes
        or person.holds
        or person.opt_outs
        or person.is_closed
        or person.is_deceased
        or (person.consent_due_until is not None and at < person.consent_due_until)
    )


def _is_silent(endpoint: EndpointFacts) -> bool:
    return not endpoint.opt_outs and endpoint.said_by is None


def _has_room(rooms: Sequence[Room], slots: Sequence[SlotFact], *, at: int) -> bool:
    """Tell whether too few contacts lie near a moment for any cap to be reached by one more.

    Two greetings of one day are a closer look's affair.
    """
    away = [abs(slot.at - at) for slot in slots]
    if any(
        s.occasion_class is not None and d < _TWO_DAYS for s, d in zip(slots, away, strict=True)
    ):
        return False
    return is_free(rooms, away)
