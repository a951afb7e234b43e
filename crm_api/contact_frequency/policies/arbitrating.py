"""Which held slots give way to a contact: as few as possible, and the weakest of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crm_api.contact_frequency.policies import moments
from crm_api.contact_frequency.policies.barriers import is_greeting_of_day
from crm_api.contact_frequency.policies.limiting import limits_for
from crm_api.contact_frequency.policies.overriding import sets_aside
from crm_api.contact_frequency.policies.ranking import find_weaker
from crm_api.contact_frequency.terms import SlotState, Strength
from crm_api.contact_frequency.values import CountedSlot, Loser

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from crm_api.contact_frequency.policies.facts import Facts, SlotFact
    from crm_api.contact_frequency.policies.limits import Hit
    from crm_api.contact_frequency.policies.matching import PolicyFrame
    from crm_api.contact_frequency.values import Plan


def without_weaker(plan: Plan, facts: Facts, *, now: datetime) -> Facts:
    """Return what would be known if what gives way to a plan had done so."""
    asking = replace(facts, has_happened=False)
    return without(facts, find_weaker(plan, asking, now=now))


def without(facts: Facts, slots: Collection[SlotFact]) -> Facts:
    """Return what would be known if these slots were not there."""
    gone = {slot.slot_id for slot in slots}
    endpoint = facts.endpoint
    if not gone:
        return facts
    return replace(
        facts,
        persons=tuple(replace(p, slots=_left(p.slots, gone)) for p in facts.persons),
        endpoint=endpoint and replace(endpoint, slots=_left(endpoint.slots, gone)),
    )


def _left(slots: tuple[SlotFact, ...], gone: set[str]) -> tuple[SlotFact, ...]:
    return tuple(slot for slot in slots if slot.slot_id not in gone)


def find_losers(
    plan: Plan, facts: Facts, policies: PolicyFrame, *, weaker: Sequence[SlotFact], now: int
) -> list[SlotFact]:
    """Return which of the weaker slots, the strongest first, an allowed plan takes the place of.

    Each keeps its place, in turn, if it and the plan may both be beside those that kept theirs
    before: so nobody falls for the sake of a weaker one, and none without need.
    """
    in_the_way = _blocking(plan, facts, policies, now=now)
    losers = [slot for slot in weaker if slot.slot_id in in_the_way]
    for slot in tuple(losers):
        others = [loser for loser in losers if loser is not slot]
        if not _is_blocked(plan, without(facts, others), policies, now=now):
            losers = others
    return losers


def _blocking(plan: Plan, facts: Facts, policies: PolicyFrame, *, now: int) -> set[str]:
    hits = _hits(plan, facts, policies, now=now)
    return {slot.slot_id for hit in hits for slot in hit.counted}


def _is_blocked(plan: Plan, facts: Facts, policies: PolicyFrame, *, now: int) -> bool:
    return any(_hits(plan, facts, policies, now=now))


def _hits(plan: Plan, facts: Facts, policies: PolicyFrame, *, now: int) -> Iterator[Hit]:
    """Return what firmly forbids the moment, and no override sets aside."""
    at = moments.micros(plan.at)
    for limit in limits_for(plan, facts, policies, now=now):
        if limit.source.strength is Strength.SOFT or (hit := limit.hit(at)) is None:
            continue
        if not sets_aside(facts.override, limit, hit, at=at):
            yield hit


def end_of(loser: SlotFact, plan: Plan, facts: Facts, policies: PolicyFrame) -> Loser:
    """Say what becomes of a loser: another greeting of that person's day says it, or nobody."""
    person = facts.persons[0]
    is_said = loser in person.slots and is_greeting_of_day(loser, plan, zone=policies.zone)
    return Loser(
        slot=CountedSlot(
            slot_id=loser.slot_id,
            channel=loser.channel,
            category=loser.category,
            at=moments.moment_of(loser.at),
        ),
        becomes=SlotState.COALESCED if is_said else SlotState.PREEMPTED,
    )
