"""Gather everything that limits a contact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_api.contact_frequency.policies import barriers, hours
from crm_api.contact_frequency.policies.caps import ONLY_VISITS, cap_for
from crm_api.contact_frequency.policies.limits import Source
from crm_api.contact_frequency.terms import ALL_CHANNELS, Counting, SubjectKind
from crm_api.customers.terms import Channel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crm_api.contact_frequency.policies.facts import (
        EndpointFacts,
        Facts,
        PersonFacts,
        SlotFact,
    )
    from crm_api.contact_frequency.policies.hours import Window
    from crm_api.contact_frequency.policies.limits import Limit
    from crm_api.contact_frequency.policies.matching import Applicable, PolicyFrame
    from crm_api.contact_frequency.policies.rules import Rule
    from crm_api.contact_frequency.values import Plan

RINGING = frozenset({Channel.CALL, Channel.SMS})


def limits_for(plan: Plan, facts: Facts, policies: PolicyFrame, *, now: int) -> list[Limit]:
    """Return what may forbid a contact, soft policies included."""
    asked = _Asked(plan, facts, policies)
    limits = list(barriers.bounds_of(plan, facts, now=now))
    limits += barriers.greetings_of_day(plan, facts, zone=policies.zone)
    windows: dict[str, Window] = {}
    for person in facts.persons:
        applicable = asked.applicable(person)
        limits += barriers.barriers_of(person, plan, plan.channel, zone=policies.zone)
        limits += asked.caps(applicable.caps, person.slots, _customer(person))
        windows |= {window.rule.key: window for window in applicable.windows}
    if facts.endpoint is not None and plan.channel in RINGING:
        caps = asked.applicable(facts.persons[0]).caps
        limits += barriers.endpoint_barriers(facts.endpoint, plan.channel, plan.category)
        limits += asked.caps(caps, facts.endpoint.slots, _number(facts.endpoint))
    limits += [window for window in windows.values() if hours.applies(window.rule, plan)]
    return limits


def exceeded_limits(plan: Plan, facts: Facts, policies: PolicyFrame) -> list[Limit]:
    """Return the caps that count this contact although they cannot block it."""
    asked = _Asked(plan, facts, policies)
    limits: list[Limit] = []
    for person in facts.persons:
        limits += asked.caps(asked.applicable(person).exempt, person.slots, _customer(person))
    if facts.endpoint is not None and plan.channel in RINGING:
        rules = asked.applicable(facts.persons[0]).exempt
        limits += asked.caps(rules, facts.endpoint.slots, _number(facts.endpoint))
    return limits


def _customer(person: PersonFacts) -> tuple[SubjectKind, str]:
    return SubjectKind.CUSTOMER, person.customer_id


def _number(endpoint: EndpointFacts) -> tuple[SubjectKind, str]:
    return SubjectKind.ENDPOINT, endpoint.label


@dataclass(frozen=True, slots=True)
class _Asked:
    plan: Plan
    facts: Facts
    policies: PolicyFrame

    def applicable(self, person: PersonFacts) -> Applicable:
        return self.policies.applicable(
            self.plan.channel,
            self.plan.category,
            tier=person.tier,
            customer_id=person.customer_id,
            segments=person.segments,
        )

    def caps(
        self, rules: Iterable[Rule], slots: tuple[SlotFact, ...], whom: tuple[SubjectKind, str]
    ) -> Iterator[Limit]:
        others = self._others(slots) if slots else []
        for rule in rules:
            if not (others or rule.limit == 0) or not self._concerns(rule, whom[0]):
                continue
            source = Source(rule.strength, rule, *whom, rule.overridable_by)
            cap = cap_for(rule, others, source=source, zone=self.policies.zone)
            if cap is not None:
                yield cap

    def _others(self, slots: tuple[SlotFact, ...]) -> list[SlotFact]:
        # Neither the slot itself stands in its way, nor what counts as one with it: its visit.
        unit = self.plan.visit_id if barriers.serves_visit(self.plan, self.facts) else None
        own = self.facts.own_slot
        return [s for s in slots if s.slot_id != own and (unit is None or s.unit != unit)]

    def _concerns(self, rule: Rule, kind: SubjectKind) -> bool:
        if kind not in rule.subjects:
            return False
        if self.facts.counting is Counting.ANY_ONLY:
            return rule.counted_channels == ALL_CHANNELS
        return self.facts.counting is Counting.FULL or rule.counted_channels == ONLY_VISITS
