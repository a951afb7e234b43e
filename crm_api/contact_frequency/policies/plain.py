"""The plain case, told at a glance: nothing is known that could stand in the way.

Most greetings are of this kind, and a mass plan asks about a million of them. Where anything at all
might forbid the moment, this says nothing, and `decide` has the word; where it answers, `decide`
would answer the same, byte by byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from crm_api.contact_frequency.policies import hours, moments
from crm_api.contact_frequency.policies.barriers import GRACE
from crm_api.contact_frequency.policies.rooms import is_free
from crm_api.contact_frequency.policies.trace import write_around_customer, write_trace
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


class _Moment(NamedTuple):
    """What all contacts of a kind share at one moment: nothing in it is any one customer's."""

    at: int
    rooms: tuple[Room, ...]
    trace: tuple[bytes, bytes]  # before and after the customer's id


class Glance:
    """Judges plans in a row, and remembers of each kind of contact what its moment allows."""

    def __init__(self, policies: PolicyFrame, now: datetime) -> None:
        self._policies = policies
        self._now = now
        self._known: dict[Any, _Moment | None] = {}

    def decide(self, plan: Plan, facts: Facts) -> Decision | None:
        """Allow a plan that nothing speaks against; None where that takes a closer look."""
        if not _asks_plainly(plan, facts):
            return None
        moment = self._moment(plan, facts.persons[0])
        if moment is None or not _is_clear(facts, moment.rooms, at=moment.at):
            return None
        before, after = moment.trace
        decision = _allow(plan, self._now)
        decision.trace = before + orjson.dumps(plan.customer_id) + after
        return decision

    def _moment(self, plan: Plan, person: PersonFacts) -> _Moment | None:
        """Return what a plan's moment allows its kind; None where that takes a closer look."""
        kind = (
            *(plan.channel, plan.category, plan.at, plan.is_agreed, plan.occurrence is None),
            *(plan.not_after is None, person.tier, person.segments),
            self._policies.owner_of(person.customer_id),
        )
        if kind not in self._known:
            self._known[kind] = self._look(plan, person)
        return self._known[kind]

    def _look(self, plan: Plan, person: PersonFacts) -> _Moment | None:
        at = moments.micros(plan.at)
        rooms = _rooms_at(at, plan, person, self._policies, self._now)
        if rooms is None:
            return None
        return _Moment(at, rooms, write_around_customer(_allow(plan, self._now)))


def decide_plainly(
    plan: Plan, facts: Facts, policies: PolicyFrame, now: datetime
) -> Decision | None:
    """Allow one plan that nothing speaks against; None where that takes a closer look.

    For plans that each have a moment of their own, of which there is nothing to remember.
    """
    if not _asks_plainly(plan, facts):
        return None
    at = moments.micros(plan.at)
    rooms = _rooms_at(at, plan, facts.persons[0], policies, now)
    if rooms is None or not _is_clear(facts, rooms, at=at):
        return None
    decision = _allow(plan, now)
    decision.trace = write_trace(decision)
    return decision


def _rooms_at(
    at: int, plan: Plan, person: PersonFacts, policies: PolicyFrame, now: datetime
) -> tuple[Room, ...] | None:
    """Return what room caps leave at a plan's moment; None where it is not open to its kind."""
    applicable = policies.applicable(
        plan.channel,
        plan.category,
        tier=person.tier,
        customer_id=person.customer_id,
        segments=person.segments,
    )
    if at < moments.micros(now) - GRACE or not is_free(applicable.rooms, ()):
        return None
    for window in applicable.windows:
        if hours.applies(window.rule, plan) and window.hit(at):
            return None
    return applicable.rooms


def _is_clear(facts: Facts, rooms: Sequence[Room], *, at: int) -> bool:
    """Tell whether nothing that is known of a customer and their number is in the way."""
    person, endpoint, own = facts.persons[0], facts.endpoint, facts.own_slot
    return (
        _is_free(person, at=at)
        and _has_room(rooms, person.slots, own, at=at)
        and (endpoint is None or _has_room(rooms, endpoint.slots, own, at=at))
    )


def _allow(plan: Plan, now: datetime) -> Decision:
    return Decision(plan=plan, verdict=Verdict.ALLOWED, judged_at=now, next_allowed_at=plan.at)


def _asks_plainly(plan: Plan, facts: Facts) -> bool:
    """Tell whether one customer is met, in time, for nothing special, and not on a silent line."""
    return (
        len(facts.persons) == 1
        and plan.visit_id is None
        and facts.occurrence_slot is None
        and facts.override is None
        and facts.counting is Counting.FULL
        and not (facts.has_happened or facts.is_settled)
        and (plan.not_after is None or plan.at <= plan.not_after)
        and (facts.endpoint is None or _is_silent(facts.endpoint))
    )


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
    """Tell whether nobody on a number refused anything, or hears the same from another."""
    return not endpoint.opt_outs and endpoint.said_by is None


def _has_room(
    rooms: Sequence[Room], slots: Sequence[SlotFact], own_slot: str | None, *, at: int
) -> bool:
    """Tell whether too few contacts lie near a moment for any cap to be reached by one more.

    The slot that asks does not stand in its own way. Two greetings of one day are a closer look's
    affair.
    """
    away = []
    for slot in slots:
        if slot.slot_id == own_slot:
            continue
        distance = abs(slot.at - at)
        if distance < _TWO_DAYS and slot.occasion_class is not None:
            return False
        away.append(distance)
    return not away or is_free(rooms, away)
