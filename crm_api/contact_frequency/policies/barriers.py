"""Wishes, opt-outs, holds and the plan's own bounds, as intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.contact_frequency.policies import moments
from crm_api.contact_frequency.policies.hours import QuietHours
from crm_api.contact_frequency.policies.limits import Barrier, Limit, Source
from crm_api.contact_frequency.terms import HoldKind, ReasonCode, Strength, SubjectKind
from crm_api.customers.terms import Category, Channel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from crm_api.contact_frequency.policies.facts import (
        EndpointFacts,
        Facts,
        OptOutFact,
        PersonFacts,
        SlotFact,
        WishFact,
    )
    from crm_api.contact_frequency.values import Plan

COVERED_UNASKED = frozenset({Category.CARE, Category.MARKETING, Category.SERVICE})
HELD = frozenset({Category.CARE, Category.MARKETING})
MAY_LIFT = ("manager", "admin")
HOLD_CODES = {
    HoldKind.COMPLAINT: ReasonCode.COMPLAINT_OPEN,
    HoldKind.LEAVE_ALONE: ReasonCode.LEAVE_ALONE,
    HoldKind.MOURNING: ReasonCode.MOURNING,
}
GRACE = 5 * 60 * moments.SECOND  # a plan for "now" may arrive a little after its moment
VISIT_CONTACTS = 2
THANKS_WITHIN = 2 * moments.DAY


def serves_visit(plan: Plan, facts: Facts) -> bool:
    """Tell whether a contact belongs to its visit: the thanks come within 48 hours of it."""
    if plan.visit_id is None:
        return False
    if plan.channel is Channel.VISIT or facts.visit_at is None:
        return True
    return moments.micros(plan.at) <= facts.visit_at + THANKS_WITHIN


def bounds_of(plan: Plan, facts: Facts, *, now: int) -> Iterator[Limit]:
    """Return what the plan itself forbids: the past, its last moment, saying a thing twice."""
    hard = Source(Strength.HARD)
    if facts.is_settled:
        yield Barrier(hard, ReasonCode.SLOT_SETTLED)
    if not facts.has_happened and moments.micros(plan.at) < now - GRACE:
        yield Barrier(hard, ReasonCode.IN_THE_PAST, None, now)
    if plan.not_after is not None:
        yield Barrier(hard, ReasonCode.AFTER_LAST_MOMENT, moments.micros(plan.not_after) + 1)
    if facts.occurrence_slot is not None:
        yield Barrier(hard, ReasonCode.OCCURRENCE_TAKEN)
    if plan.channel is not Channel.VISIT and serves_visit(plan, facts):
        yield from _bounds_of_serving(facts, hard)


def _bounds_of_serving(facts: Facts, hard: Source) -> Iterator[Limit]:
    if facts.visit_contacts >= VISIT_CONTACTS:
        yield Barrier(hard, ReasonCode.VISIT_CONTACTS_EXHAUSTED)
    if facts.visit_at is not None:
        after = facts.visit_at + THANKS_WITHIN + 1
        yield Barrier(hard, ReasonCode.AFTER_LAST_MOMENT, after)


def greetings_of_day(plan: Plan, facts: Facts, *, zone: ZoneInfo) -> Iterator[Limit]:
    """Return the days on which the person is greeted already: one message says it all."""
    if plan.occasion_class is None:
        return
    hard = Source(Strength.HARD, None, SubjectKind.CUSTOMER, plan.customer_id)
    for slot in facts.persons[0].slots:
        if slot.occasion_class is not None and slot.slot_id != facts.own_slot:
            day = moments.local_day(slot.at, zone)
            start, end = moments.day_start(day, zone), moments.day_start(day + 1, zone)
            yield Barrier(hard, ReasonCode.GREETED_THAT_DAY, start, end, (slot,))


def is_greeting_of_day(slot: SlotFact, plan: Plan, *, zone: ZoneInfo) -> bool:
    """Tell whether a slot and a plan are two greetings of one local day."""
    if slot.occasion_class is None or plan.occasion_class is None:
        return False
    at = moments.micros(plan.at)
    return moments.local_day(slot.at, zone) == moments.local_day(at, zone)


def barriers_of(
    person: PersonFacts, plan: Plan, channel: Channel, *, zone: ZoneInfo
) -> Iterator[Limit]:
    """Return what a customer's wishes, opt-outs, holds and standing forbid."""
    for wish in person.wishes:
        if _covers(wish, channel, plan.category):
            yield _quiet(wish, person, zone)
    yield from _refusals(person.opt_outs, channel, plan.category, subject_id=person.customer_id)
    if plan.category in HELD:
        yield from _holds(person)


def endpoint_barriers(
    endpoint: EndpointFacts, channel: Channel, category: Category
) -> Iterator[Limit]:
    """Return what the number's own opt-outs forbid, and what it has heard already."""
    if endpoint.said_by is not None:
        heard = Source(Strength.HARD, None, SubjectKind.ENDPOINT, endpoint.label)
        yield Barrier(heard, ReasonCode.OCCURRENCE_TAKEN)
    for limit in _refusals(endpoint.opt_outs, channel, category, subject_id=endpoint.label):
        source = Source(Strength.LEGAL, None, SubjectKind.ENDPOINT, endpoint.label)
        yield Barrier(source, limit.code)


def _covers(wish: WishFact, channel: Channel, category: Category) -> bool:
    if category is Category.STATUTORY:
        return False
    if wish.channels is not None and channel not in wish.channels:
        return False
    return category in (COVERED_UNASKED if wish.categories is None else wish.categories)


def _quiet(wish: WishFact, person: PersonFacts, zone: ZoneInfo) -> Limit:
    source = Source(Strength.HARD, None, SubjectKind.CUSTOMER, person.customer_id)
    if wish.quiet_from is None or wish.quiet_until is None:
        return Barrier(source, ReasonCode.DO_NOT_DISTURB, None, wish.until)
    return QuietHours(source, wish.quiet_from, wish.quiet_until, wish.until, zone)


def _refusals(
    opt_outs: tuple[OptOutFact, ...], channel: Channel, category: Category, *, subject_id: str
) -> Iterator[Barrier]:
    if opt_outs and any(o.channel is channel and category in o.categories for o in opt_outs):
        source = Source(Strength.LEGAL, None, SubjectKind.CUSTOMER, subject_id)
        yield Barrier(source, ReasonCode.OPTED_OUT)


def _holds(person: PersonFacts) -> Iterator[Limit]:
    own = (None, SubjectKind.CUSTOMER, person.customer_id)
    for hold in person.holds:
        source = Source(Strength.HARD, *own, () if hold.is_firm else MAY_LIFT)
        yield Barrier(source, HOLD_CODES[hold.kind], hold.since, hold.until)
    if person.is_deceased:
        yield Barrier(Source(Strength.HARD, *own), ReasonCode.DECEASED)
    if person.is_closed:
        yield Barrier(Source(Strength.HARD, *own), ReasonCode.ACCOUNT_CLOSED)
    if person.consent_due_until is not None:
        code = ReasonCode.MINOR_WITHOUT_CONSENT
        yield Barrier(Source(Strength.LEGAL, *own), code, None, person.consent_due_until)
