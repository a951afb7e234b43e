"""Ledgers made up for a simulation, and the slow way to simulate: the pure rules, slot by slot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from crm_api.contact_frequency.models import Slot, SlotSubject
from crm_api.contact_frequency.policies import moments
from crm_api.contact_frequency.policies.arbitrating import without
from crm_api.contact_frequency.policies.facts import EndpointFacts, Facts, PersonFacts, SlotFact
from crm_api.contact_frequency.policies.limiting import RINGING, limits_for
from crm_api.contact_frequency.policies.ranking import claim_of, find_weaker
from crm_api.contact_frequency.service.ledger import when_columns
from crm_api.contact_frequency.terms import Counting, SlotState, Strength, SubjectKind
from crm_api.contact_frequency.values import Plan
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction

MICROSECOND = timedelta(microseconds=1)
PLANNED = (SlotState.HELD, SlotState.RESERVED)


@dataclass(frozen=True)
class Person:
    """A customer as the simulation sees them."""

    id: str
    tier: str
    phone: str
    person_id: str | None
    segments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Made:
    """A contact in a ledger."""

    id: str
    state: SlotState
    counting: Counting
    plan: Plan

    @property
    def unit(self) -> str:
        return self.plan.visit_id or self.id

    @property
    def order(self) -> tuple[int, str]:
        return moments.micros(self.plan.at), self.id

    def fact(self) -> SlotFact:
        held = self.state is SlotState.HELD
        claim = claim_of(self.plan, now=self.plan.made_at) if held else None
        plan = self.plan
        return SlotFact(
            self.id, self.order[0], plan.channel, plan.category, self.unit, self.counting, claim
        )

    def touches(self, person: Person) -> bool:
        return person.id in (self.plan.customer_id, *self.plan.also_customer_ids)


def write(ledger: list[Made]) -> None:
    """Put contacts into the tables past all rules, in the place of those there."""
    with transaction():
        db.session.execute(sa.delete(SlotSubject))
        db.session.execute(sa.delete(Slot))
        for made in ledger:
            db.session.add(_slot(made))
        db.session.flush()
        db.session.add_all(subject for made in ledger for subject in _subjects(made))


def _slot(made: Made) -> Slot:
    plan = made.plan
    return Slot(
        id=made.id,
        created_at=plan.made_at,
        customer_id=plan.customer_id,
        channel=plan.channel,
        category=plan.category,
        state=made.state,
        counting=made.counting,
        effective_at=plan.at,
        planned_at=plan.at,
        endpoint=plan.endpoint,
        visit_id=plan.visit_id,
        occurrence=plan.occurrence,
        not_after=plan.not_after,
        is_agreed=plan.is_agreed,
        tier="standard",
        judged_at=plan.made_at,
    )


def _subjects(made: Made) -> list[SlotSubject]:
    plan, fact = made.plan, made.fact()
    touched = [(SubjectKind.CUSTOMER, c) for c in (plan.customer_id, *plan.also_customer_ids)]
    if plan.channel in RINGING and plan.endpoint is not None:
        touched.append((SubjectKind.ENDPOINT, plan.endpoint))
    return [
        SlotSubject(
            slot_id=made.id,
            subject_kind=kind,
            subject_id=subject_id,
            unit=made.unit,
            channel=plan.channel,
            category=plan.category,
            counting=made.counting,
            claim=fact.claim,
            **when_columns(plan.at),
        )
        for kind, subject_id in touched
    ]


class Slowly:
    """Simulates with the governor's own rules, one contact and one day at a time."""

    def __init__(self, people: list[Person], ledger: list[Made], comparison) -> None:
        self.people, self.comparison = {p.id: p for p in people}, comparison
        self.ledger = sorted(ledger, key=lambda made: made.order)

    def refused(self) -> set[tuple[str, str]]:
        """Return what is refused after the change and not before, with its effect."""
        found = set()
        for made in self.ledger:
            effect = self._effect(made)
            if effect is not None and made.counting is not Counting.NONE:
                after = self._is_refused(made, effect, self.comparison.after)
                if after and not self._is_refused(made, effect, self.comparison.before):
                    found.add((made.id, effect))
        return found

    def _effect(self, made: Made) -> str | None:
        compared, at = self.comparison, made.plan.at
        if compared.past_from <= at < compared.now:
            return "refused"
        is_ahead = compared.ahead_from <= at < compared.ahead_until
        return "fallen" if is_ahead and made.state in PLANNED else None

    def _is_refused(self, made: Made, effect: str, frame) -> bool:
        ledger = self.ledger
        if effect == "refused":
            ledger = [other for other in ledger if other.order < made.order]
        facts = replace(self._facts(made.plan, ledger), own_slot=made.id)
        if effect == "fallen":
            facts = without(facts, find_weaker(made.plan, facts, now=self.comparison.now))
        return self._hits(made.plan, facts, frame)

    def _facts(self, plan: Plan, ledger: list[Made]) -> Facts:
        counting = [made for made in ledger if made.counting is not Counting.NONE]
        met = [self.people[c] for c in (plan.customer_id, *plan.also_customer_ids)]
        endpoint = None
        if plan.endpoint is not None:
            rung = [
                m.fact()
                for m in counting
                if m.plan.channel in RINGING and m.plan.endpoint == plan.endpoint
            ]
            endpoint = EndpointFacts(label="*", slots=tuple(rung))
        persons = [self._person(person, counting) for person in met]
        return Facts(persons=tuple(persons), endpoint=endpoint)

    def _person(self, person: Person, counting: list[Made]) -> PersonFacts:
        group = [p for p in self.people.values() if p is person or _are_one(p, person)]
        slots = [made.fact() for made in counting if any(made.touches(p) for p in group)]
        return PersonFacts(
            customer_id=person.id,
            tier=person.tier,
            segments=person.segments,
            slots=tuple(slots),
        )

    def _hits(self, plan: Plan, facts: Facts, frame) -> bool:
        at = moments.micros(plan.at)
        limits = limits_for(plan, facts, frame, now=at)
        firm = (x for x in limits if x.source.rule and x.source.strength is not Strength.SOFT)
        return any(limit.hit(at) for limit in firm)

    def free_days(self) -> dict[str, tuple[int, int]]:
        """Return how many days are free for each customer, before and after."""
        frames = (self.comparison.before, self.comparison.after)
        return {
            person.id: tuple(
                sum(not self._is_closed(person, noon, frame) for noon in self._noons())
                for frame in frames
            )
            for person in self.people.values()
        }

    def _is_closed(self, person: Person, noon: datetime, frame) -> bool:
        plan = Plan(
            customer_id=person.id,
            channel=self.comparison.channel,
            category=self.comparison.category,
            at=noon,
            endpoint=person.phone,
        )
        return self._hits(plan, self._facts(plan, self.ledger), frame)

    def _noons(self) -> list[datetime]:
        begins = self.comparison.ahead_from.astimezone(self.comparison.before.zone)
        noon = begins.replace(hour=12, minute=0, second=0, microsecond=0)
        first = noon if noon >= begins else noon + timedelta(days=1)
        return [first + timedelta(days=n) for n in range(30)]


def _are_one(one: Person, other: Person) -> bool:
    return one.person_id is not None and one.person_id == other.person_id
