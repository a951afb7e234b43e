"""What is known of a chunk of plans: read in a bounded number of statements, kept up to date."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from crm_api.contact_frequency.policies import moments
from crm_api.contact_frequency.policies.facts import EndpointFacts, Facts, PersonFacts, SlotFact
from crm_api.contact_frequency.policies.trace import mask_number
from crm_api.customers.terms import Channel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from crm_api.contact_frequency.policies.facts import HoldFact, OptOutFact, WishFact
    from crm_api.contact_frequency.queries.said import Said
    from crm_api.contact_frequency.values import Booking, Plan


class Standing(NamedTuple):
    """What a person's own records say, all who are the same person taken together."""

    tier: str
    phone: str | None
    is_closed: bool
    is_deceased: bool
    consent_due_until: int | None
    wishes: tuple[WishFact, ...]
    holds: tuple[HoldFact, ...]
    opt_outs: tuple[OptOutFact, ...]
    segments: tuple[str, ...]


@dataclass(slots=True)
class Visit:
    """The contacts that carry one visit's id."""

    at: int | None = None
    contacts: set[str] = field(default_factory=set)

    def add(self, slot_id: str, plan: Plan, *, at: int, unit: str) -> None:
        """Take note of the visit itself, or of a contact that counts as one with it."""
        if plan.channel is Channel.VISIT:
            self.at = at
        elif unit == plan.visit_id:
            self.contacts.add(slot_id)


@dataclass(slots=True)
class Known:
    """Facts for many plans; a slot that one of them gets is seen by the next."""

    groups: dict[str, list[str]]
    standings: dict[str, Standing]
    slots: dict[str, list[SlotFact]]
    opt_outs: dict[str, tuple[OptOutFact, ...]]
    occurrences: dict[tuple[str, str], str]
    visits: dict[str, Visit]
    sources: dict[str, Booking]
    said: Said
    is_frame_kept: bool

    def facts_for(self, plan: Plan, *, own_slot: str | None = None, **state: Any) -> Facts:
        """Return what bears on one plan; `state` tells how the contact itself stands."""
        visit = self.visits.get(plan.visit_id) if plan.visit_id else None
        return Facts(
            persons=tuple(self._person(c) for c in met_by(plan)),
            endpoint=self._endpoint(plan, own_slot),
            own_slot=own_slot,
            visit_at=visit.at if visit else None,
            visit_contacts=len(visit.contacts - {own_slot}) if visit else 0,
            occurrence_slot=self._occurrence_slot(plan, own_slot),
            **state,
        )

    def read_for(self, plan: Plan) -> list[str]:
        """Return whose slots bear on a plan: those of all who are the person, and the number's."""
        number = plan.endpoint or self.standings[plan.customer_id].phone
        ringing = [] if number is None else [number]
        return [*ringing, *(one for c in met_by(plan) for one in self.groups[c])]

    def _person(self, customer_id: str) -> PersonFacts:
        known = self.standings[customer_id]
        return PersonFacts(
            customer_id=customer_id,
            tier=known.tier,
            segments=known.segments,
            is_closed=known.is_closed,
            is_deceased=known.is_deceased,
            consent_due_until=known.consent_due_until,
            wishes=known.wishes,
            holds=known.holds,
            opt_outs=known.opt_outs,
            slots=self._slots(self.groups[customer_id]),
        )

    def _slots(self, subject_ids: list[str]) -> tuple[SlotFact, ...]:
        if len(subject_ids) == 1:
            return tuple(self.slots.get(subject_ids[0], ()))
        found = {s.slot_id: s for i in subject_ids for s in self.slots.get(i, ())}
        return tuple(sorted(found.values(), key=when))

    def _endpoint(self, plan: Plan, own_slot: str | None) -> EndpointFacts | None:
        number = plan.endpoint or self.standings[plan.customer_id].phone
        if number is None:
            return None
        return EndpointFacts(
            label=mask_number(number),
            opt_outs=self.opt_outs.get(number, ()),
            slots=self._slots([number]),
            said_by=self._said_by(number, plan.said_once, own_slot),
        )

    def _said_by(self, number: str, said_once: str | None, own_slot: str | None) -> str | None:
        """Return who says it on the number: for who is in line already, only who has begun.

        Of two that came to one number, such as by a change of number, the first to begin says it.
        """
        saying = self.said.get((number, said_once)) if said_once else None
        if not saying:
            return None
        others = ((one, begun) for one, begun in sorted(saying.items()) if one != own_slot)
        return next((one for one, begun in others if begun or own_slot is None), None)

    def _occurrence_slot(self, plan: Plan, own_slot: str | None) -> str | None:
        if plan.occurrence is None:
            return None
        for customer_id in self.groups[plan.customer_id]:
            slot_id = self.occurrences.get((customer_id, plan.occurrence))
            if slot_id is not None and slot_id != own_slot:
                return slot_id
        return None

    def add(
        self,
        booking: Booking,
        plan: Plan,
        *,
        unit: str,
        subject_ids: Iterable[str],
        claim: str | None = None,
    ) -> None:
        """Take note of a slot that was just reserved, or held for what it claims."""
        slot_id = booking.id
        if plan.source is not None:
            self.sources[plan.source] = booking
        at = moments.micros(plan.at)
        fact = SlotFact(
            slot_id,
            at,
            plan.channel,
            plan.category,
            unit,
            claim=claim,
            occasion_class=plan.occasion_class,
        )
        for subject_id in subject_ids:
            insort(self.slots.setdefault(subject_id, []), fact, key=when)
        if plan.occurrence is not None:
            self.occurrences[plan.customer_id, plan.occurrence] = slot_id
        if plan.endpoint is not None and plan.said_once is not None:
            self.said.setdefault((plan.endpoint, plan.said_once), {})[slot_id] = False
        if plan.visit_id is not None:
            visit = self.visits.setdefault(plan.visit_id, Visit())
            visit.add(slot_id, plan, at=at, unit=unit)

    def shift(self, slot_id: str, *, at: int, unit: str, subject_ids: Iterable[str]) -> None:
        """Take note that a slot's contact began, when that was, and what it counts as there."""
        for saying in self.said.values():
            if slot_id in saying:
                saying[slot_id] = True
        for subject_id in subject_ids:
            moved = [
                replace(s, at=at, unit=unit, claim=None) if s.slot_id == slot_id else s
                for s in self.slots.get(subject_id, [])
            ]
            self.slots[subject_id] = sorted(moved, key=when)

    def drop(self, slot_ids: Collection[str]) -> None:
        """Take note that slots gave way: they count no more, and what they say is unsaid."""
        if not slot_ids:  # nearly always
            return
        for subject_id, slots in self.slots.items():
            if any(slot.slot_id in slot_ids for slot in slots):
                self.slots[subject_id] = [s for s in slots if s.slot_id not in slot_ids]
        said = self.occurrences.items()
        self.occurrences = {key: slot_id for key, slot_id in said if slot_id not in slot_ids}
        for saying in self.said.values():
            for slot_id in saying.keys() & set(slot_ids):
                del saying[slot_id]


def met_by(plan: Plan) -> list[str]:
    """Return the customers whom a contact meets, the one it is for first."""
    if not plan.also_customer_ids:
        return [plan.customer_id]
    return list(dict.fromkeys((plan.customer_id, *plan.also_customer_ids)))


def when(slot: SlotFact) -> tuple[int, str]:
    """Return what slots are sorted by."""
    return slot.at, slot.slot_id


def minutes_of(time: Any) -> int | None:
    """Return a local time of day in minutes."""
    return None if time is None else time.hour * 60 + time.minute
