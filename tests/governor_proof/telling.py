"""Tell the governor of a world: the model's contacts as the facts it decides on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from crm_api.contact_frequency import policies
from crm_api.contact_frequency.models.slots import counting_of
from crm_api.contact_frequency.policies import facts as f
from crm_api.contact_frequency.policies.defaults import RULES
from crm_api.contact_frequency.policies.ranking import claim_of
from crm_api.contact_frequency.service.ledger import unit_of
from crm_api.contact_frequency.terms import COUNTING_STATES, ContactClass, Counting, HoldKind
from crm_api.contact_frequency.values import Decision, Plan
from crm_api.customers.terms import Category, Channel
from tests.governor_proof import laws, model
from tests.governor_proof.judge import HORIZON, is_workday
from tests.governor_proof.model import Contact, World, local, shown
from tests.governor_proof.worlds import datetime_of

EPOCH = date(1970, 1, 1)


def decide(world: World, *, has_happened: bool = False) -> Decision:
    """Ask the governor's pure entry point about a plan, or about what has happened."""
    facts = replace(_facts(world), has_happened=has_happened)
    return policies.decide(_plan(world.asked, world), facts, _frame(world), datetime_of(world.now))


def _plan(contact: Contact, world: World) -> Plan:
    return Plan(
        customer_id=contact.customers[0],
        also_customer_ids=contact.customers[1:],
        channel=Channel(contact.channel),
        category=Category(contact.category),
        at=datetime_of(contact.at),
        endpoint=contact.endpoint,
        visit_id=contact.visit_id,
        occurrence=contact.occurrence,
        not_after=None if contact.not_after is None else datetime_of(contact.not_after),
        is_agreed=contact.is_agreed,
        occasion_class=contact.greets and ContactClass(contact.greets),
        occasion_rank=contact.rank,
        made_at=None if contact.made_at is None else datetime_of(contact.made_at),
    )


def _facts(world: World) -> f.Facts:
    asked = world.asked
    others = [c for c in world.contacts if c.id != world.moves and c.state in COUNTING_STATES]
    said = [c.id for c in others if c.occurrence and c.occurrence == asked.occurrence]
    visit_at = model.visit_start(world, asked.visit_id)
    beside = [
        c
        for c in others
        if c.visit_id == asked.visit_id
        and c.channel != "visit"
        and not c.begun_by_customer
        and model.serves(c, visit_at)
    ]
    return f.Facts(
        counting=counting_of(Channel(asked.channel), asked.outcome),
        persons=tuple(_person(name, world) for name in asked.customers),
        endpoint=_endpoint(world),
        own_slot=world.moves,
        visit_at=visit_at,
        visit_contacts=len(beside) if asked.visit_id else 0,
        occurrence_slot=said[0] if said else None,
    )


def _first(said: list[str], world: World) -> str | None:
    return said[0] if said else None


def _person(name: str, world: World) -> f.PersonFacts:
    person = world.people[name]
    mine = [c for c in world.contacts if {name, *person.same_as} & set(c.customers)]
    return f.PersonFacts(
        customer_id=name,
        tier=person.tier,
        segments=tuple(sorted(person.segments)),
        is_closed=person.is_closed,
        is_deceased=person.is_deceased,
        consent_due_until=person.of_age_on and shown(person.of_age_on, 0, world.zone),
        wishes=tuple(_wish(wish, world) for wish in person.wishes),
        holds=tuple(f.HoldFact(HoldKind(k), since, until) for k, since, until in person.holds),
        opt_outs=_opt_outs(person.opt_outs),
        slots=_slots(mine, world),
    )


def _endpoint(world: World) -> f.EndpointFacts | None:
    number = world.asked.endpoint
    if number is None:
        return None
    ringing = [c for c in world.contacts if c.channel in model.RINGS and c.endpoint == number]
    refusals = world.number_opt_outs.get(number, ())
    return f.EndpointFacts(label="*1", opt_outs=_opt_outs(refusals), slots=_slots(ringing, world))


def _slots(contacts: list[Contact], world: World) -> tuple[f.SlotFact, ...]:
    facts = []
    for contact in contacts:
        counting = counting_of(Channel(contact.channel), contact.outcome)
        if contact.begun_by_customer or contact.state not in COUNTING_STATES:
            counting = Counting.NONE
        if counting is not Counting.NONE:
            facts.append(_slot(contact, counting, world))
    return tuple(sorted(facts, key=lambda s: (s.at, s.slot_id)))


def _slot(contact: Contact, counting: Counting, world: World) -> f.SlotFact:
    visit = f.Facts(persons=(), visit_at=model.visit_start(world, contact.visit_id))
    plan = _plan(contact, world)
    return f.SlotFact(
        contact.id,
        contact.at,
        plan.channel,
        plan.category,
        unit_of(plan, visit, slot_id=contact.id),
        counting,
        claim_of(plan, now=datetime_of(world.now)) if contact.state == "held" else None,
        contact.greets,
    )


def _wish(wish: model.Wish, world: World) -> f.WishFact:
    ends = wish.ends_on and shown(wish.ends_on + timedelta(days=1), 0, world.zone)
    return f.WishFact(
        None if wish.channels is None else tuple(Channel(c) for c in wish.channels),
        None if wish.categories is None else tuple(Category(c) for c in wish.categories),
        *(wish.hours or (None, None)),
        ends,
    )


def _opt_outs(refusals) -> tuple[f.OptOutFact, ...]:
    return tuple(
        f.OptOutFact(Channel(channel), tuple(Category(k) for k in kinds))
        for channel, kinds in refusals
    )


def _frame(world: World) -> policies.PolicyFrame:
    shipped = world.laws is laws.SHIPPED
    rules = RULES if shipped else tuple(laws.rule_of(law) for law in world.laws)
    first = min(world.now, world.asked.at)
    start, end = (local(m, world.zone).date() for m in (first, first + 2 * HORIZON))
    needs = any(law.workdays_only for law in world.laws)
    days = range(-40, (end - start).days if needs else -40)
    return policies.PolicyFrame(
        rules=rules,
        zone=world.zone,
        solemn_days=frozenset((d - EPOCH).days for d in world.solemn),
        workdays=frozenset(
            (day - EPOCH).days for n in days if is_workday(day := start + timedelta(days=n), world)
        ),
    )
