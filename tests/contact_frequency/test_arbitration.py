"""Held slots give way to what matters more, and to nothing else."""

from __future__ import annotations

import itertools
import random
from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.contact_frequency import queries
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.errors import ContactBlocked
from crm_api.contact_frequency.models import Slot, StoredDecision
from crm_api.contact_frequency.policies import read_facts
from crm_api.contact_frequency.terms import ContactClass, ReasonCode, SlotState
from crm_api.customers.terms import Category, Channel, Tier
from crm_api.kit.db import db
from tests.factories.contact_frequency import in_transaction, make_plan, reserve
from tests.factories.customers import make_customer

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
BIRTHDAY, GREAT, OTHER = ContactClass.BIRTHDAY, ContactClass.GREAT_FESTIVAL, ContactClass.OTHER_DAY


def greeting(customer, at, occasion=OTHER, **changes):
    facts = {"channel": Channel.SMS, "category": Category.CARE, "occasion_class": occasion}
    return make_plan(customer, at, **{**facts, **changes})


def appointment(customer, at, **changes):
    return make_plan(customer, at, **{"channel": Channel.VISIT, "is_agreed": True, **changes})


def hold(*plans):
    return in_transaction(contact_frequency.reserve_slots, plans, by_id=None, is_held=True)


def state_of(slot):
    db.session.rollback()
    return db.session.scalars(sa.select(Slot.state).where(Slot.id == slot.id)).one()


def decision_of(slot):
    stored = db.session.get_one(StoredDecision, db.session.get_one(Slot, slot.id).decision_id)
    assert contact_frequency.replay(stored) == stored.trace
    return stored.document


def test_a_greeting_far_ahead_is_held_one_near_is_reserved(customer, now):
    far, near = hold(greeting(customer, now + 30 * DAY), greeting(customer, now + 3 * HOUR))

    assert (state_of(far), state_of(near)) == (SlotState.HELD, SlotState.RESERVED)


def test_an_appointment_takes_the_place_of_a_held_greeting(customer, now):
    [held] = hold(greeting(customer, now + 30 * DAY, BIRTHDAY))

    visit = reserve(appointment(customer, now + 30 * DAY - HOUR))

    db.session.expire_all()
    loser = db.session.get_one(Slot, held.id)
    assert (loser.state, loser.winner_slot_id) == (SlotState.PREEMPTED, visit.id)
    assert loser.reason == "lost_to_service_visit"
    trace = decision_of(visit)
    assert [(s["slot_id"], s["becomes"]) for s in trace["gives_way"]] == [(held.id, "preempted")]
    assert queries.find_breaches() == []


def test_a_contact_that_matters_less_is_refused_as_ever(customer, now):
    [held] = hold(greeting(customer, now + 30 * DAY))

    with pytest.raises(ContactBlocked) as refused:
        reserve(make_plan(customer, now + 30 * DAY))

    told = refused.value.details["decision"]
    assert {s["slot_id"] for r in told["reasons"] for s in r["counted"]} == {held.id}
    assert "gives_way" not in told
    assert state_of(held) is SlotState.HELD


def test_what_is_reserved_gives_way_to_nobody(customer, now):
    [held] = hold(greeting(customer, now + 30 * DAY))
    in_transaction(contact_frequency.firm_slots, [held.id])

    with pytest.raises(ContactBlocked):
        reserve(appointment(customer, now + 30 * DAY))

    assert state_of(held) is SlotState.RESERVED


def test_what_has_begun_gives_way_to_nobody(customer, now, at):
    """It is on its way: to give its place to another would be to contact twice."""
    [held] = hold(greeting(customer, now + 2 * DAY))
    at(now + 2 * DAY)
    in_transaction(contact_frequency.begin_slots, [held.id])

    with pytest.raises(ContactBlocked):
        reserve(appointment(customer, now + 2 * DAY + HOUR))

    assert state_of(held) is SlotState.IN_FLIGHT


def test_firming_leaves_alone_what_has_begun_or_ended(customer, now, at):
    begun, ended = hold(greeting(customer, now + 2 * DAY), greeting(customer, now + 20 * DAY))
    in_transaction(contact_frequency.release_slot, ended.id, reason="cancelled")
    at(now + 2 * DAY)
    assert in_transaction(contact_frequency.begin_slots, [begun.id]) == {begun.id: None}

    assert in_transaction(contact_frequency.firm_slots, [begun.id, ended.id]) == []

    assert (state_of(begun), state_of(ended)) == (SlotState.IN_FLIGHT, SlotState.RELEASED)


def test_nobody_falls_where_something_else_blocks(customer, now):
    [held] = hold(greeting(customer, now + 30 * DAY))
    reserve(appointment(customer, now + 29 * DAY))

    with pytest.raises(ContactBlocked) as refused:
        reserve(appointment(customer, now + 29 * DAY + HOUR))

    reasons = refused.value.decision.document["reasons"]
    counted = {s["slot_id"] for r in reasons for s in r["counted"]}
    assert held.id not in counted
    assert state_of(held) is SlotState.HELD


def test_the_next_moment_told_is_one_that_is_given(customer, now):
    """A loser stands in nobody's way, so the moment may be its own."""
    reserve(appointment(customer, now + 29 * DAY))
    [held] = hold(greeting(customer, now + 30 * DAY + HOUR))

    with pytest.raises(ContactBlocked) as refused:
        reserve(appointment(customer, now + 29 * DAY + 12 * HOUR))

    soonest = refused.value.decision.next_allowed_at
    assert soonest == now + 30 * DAY
    reserve(appointment(customer, soonest))
    assert state_of(held) is SlotState.PREEMPTED


def test_of_two_in_the_way_of_a_cap_the_weaker_falls(customer, now):
    """Two in seven days: one has to go, and the birthday stays."""
    birthday, other = hold(
        greeting(customer, now + 30 * DAY, BIRTHDAY), greeting(customer, now + 32 * DAY)
    )

    reserve(appointment(customer, now + 34 * DAY))

    assert (state_of(birthday), state_of(other)) == (SlotState.HELD, SlotState.PREEMPTED)


def test_who_is_near_falls_for_the_gap_and_nobody_besides(customer, now):
    birthday, other = hold(
        greeting(customer, now + 30 * DAY, BIRTHDAY), greeting(customer, now + 32 * DAY)
    )

    reserve(appointment(customer, now + 30 * DAY + 5 * HOUR))

    assert (state_of(birthday), state_of(other)) == (SlotState.PREEMPTED, SlotState.HELD)


def test_a_preflight_tells_who_would_give_way_and_changes_nothing(customer, now):
    [held] = hold(greeting(customer, now + 30 * DAY))

    told = contact_frequency.preflight(appointment(customer, now + 30 * DAY), now=now)

    assert [loser.slot.slot_id for loser in told.losers] == [held.id]
    assert state_of(held) is SlotState.HELD


def test_a_move_takes_a_place_as_well(customer, now):
    [held] = hold(greeting(customer, now + 30 * DAY))
    visit = reserve(appointment(customer, now + 20 * DAY))

    to = {"to": now + 30 * DAY, "is_agreed": True}
    in_transaction(contact_frequency.move_slot, visit.id, **to, by_id=None)

    assert state_of(held) is SlotState.PREEMPTED
    assert [s["slot_id"] for s in decision_of(visit)["gives_way"]] == [held.id]


def test_a_held_slot_of_somebody_else_on_the_number_gives_way(customer, now):
    wife = make_customer(phone=customer.phone)
    [held] = hold(greeting(wife, now + 30 * DAY, endpoint=customer.phone))

    call = reserve(appointment(customer, now + 30 * DAY, channel=Channel.CALL))

    db.session.expire_all()
    assert db.session.get_one(Slot, held.id).winner_slot_id == call.id
    reserve(make_plan(wife, now + 31 * DAY + HOUR, channel=Channel.EMAIL))


def test_two_greetings_of_one_day_are_one_whichever_is_first(customer, now):
    for first, second in itertools.permutations((BIRTHDAY, GREAT)):
        other = make_customer()
        one, two = hold(
            greeting(other, now + 30 * DAY, first), greeting(other, now + 30 * DAY + HOUR, second)
        )
        winner, loser = (one, two) if first is BIRTHDAY else (two, one)
        assert (state_of(winner), state_of(loser)) == (SlotState.HELD, SlotState.COALESCED)
        assert db.session.get_one(Slot, loser.id).winner_slot_id == winner.id


def test_two_records_of_one_person_are_greeted_as_one(now):
    one, same = make_customer(person_id="p"), make_customer(person_id="p")

    _, weaker = hold(greeting(one, now + 30 * DAY, BIRTHDAY), greeting(same, now + 30 * DAY + HOUR))

    assert state_of(weaker) is SlotState.COALESCED


def test_one_day_one_greeting_even_where_no_cap_says_so(customer, now, monkeypatch):
    from crm_api.config.settings import SHANGHAI
    from crm_api.contact_frequency.policies import PolicyFrame
    from crm_api.contact_frequency.policies.deciding import decide
    from crm_api.contact_frequency.policies.facts import Facts, PersonFacts, SlotFact
    from crm_api.contact_frequency.policies.moments import micros

    at = now + 30 * DAY
    sent = SlotFact("s", micros(at), Channel.SMS, Category.CARE, "s", occasion_class=BIRTHDAY)
    facts = Facts(persons=(PersonFacts(customer_id=customer.id, tier="gold", slots=(sent,)),))
    frame = PolicyFrame(rules=(), zone=SHANGHAI)

    same_day = decide(greeting(customer, at + HOUR), facts, frame, now)
    next_day = decide(greeting(customer, at + DAY), facts, frame, now)

    assert [r.code for r in same_day.reasons] == [ReasonCode.GREETED_THAT_DAY]
    assert same_day.next_allowed_at == (at + DAY).replace(hour=16) - DAY
    assert next_day.is_allowed


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_same_win_in_whatever_order_they_are_planned(now, order):
    """Those that lost or were refused ask again; the strongest that fit have it in the end."""
    customer = make_customer(tier=Tier.DIAMOND)
    wanted = [
        greeting(customer, now + 30 * DAY, GREAT),
        greeting(customer, now + 31 * DAY - 20 * MINUTE, BIRTHDAY),
        greeting(customer, now + 32 * DAY - 30 * MINUTE, occasion_rank=5),
        greeting(customer, now + 33 * DAY - 40 * MINUTE, occasion_rank=4),
    ]
    for n in (*order, *range(4), *range(4)):
        if not _has_it(customer, wanted[n]):
            hold(wanted[n])

    assert [_has_it(customer, plan) for plan in wanted] == [False, True, False, True]
    assert queries.find_breaches() == []


def _has_it(customer, plan):
    db.session.rollback()
    mine = sa.select(Slot.id).where(Slot.customer_id == customer.id, Slot.planned_at == plan.at)
    return db.session.scalar(mine.where(Slot.state == SlotState.HELD)) is not None


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_planned_the_order_of_planning_decides_nothing(now, seed):
    """One by one or some at once: in the end those stand whom the strongest first would leave."""
    chance = random.Random(seed)
    ranks = chance.sample(range(100), 7)
    wanted = [
        (
            now + chance.randrange(20, 30) * DAY + chance.randrange(-60, 540) * MINUTE,
            {"occasion": chance.choice([BIRTHDAY, GREAT, OTHER]), "occasion_rank": rank},
        )
        for rank in ranks
    ]

    outcomes = [_plan_all(wanted, now, chance) for _ in range(3)]

    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert any(outcomes[0])
    assert queries.find_breaches() == []


def _plan_all(wanted, now, chance):
    customer = make_customer(tier=Tier.DIAMOND)
    plans = [greeting(customer, at, **changes) for at, changes in wanted]
    order = chance.sample(plans, len(plans))
    while order:
        some = order[: chance.randint(1, 3)]
        del order[: len(some)]
        hold(*some)
    before, standing = None, [_has_it(customer, plan) for plan in plans]
    while standing != before:
        hold(*(plan for plan, has_it in zip(plans, standing, strict=True) if not has_it))
        before, standing = standing, [_has_it(customer, plan) for plan in plans]
    return standing


def test_what_a_decision_rests_on_is_kept_with_the_claims(customer, now):
    hold(greeting(customer, now + 30 * DAY))
    visit = reserve(appointment(customer, now + 30 * DAY))

    stored = db.session.get_one(StoredDecision, visit.decision_id)

    plan, facts, _ = read_facts(stored.facts)
    [slot] = facts.persons[0].slots
    assert slot.claim.startswith("06.0000.1.")
    assert (slot.occasion_class, plan.occasion_class) == (OTHER, None)


def test_a_chunk_that_displaces_costs_no_statement_for_each(now, count_statements):
    people = [make_customer().id for _ in range(30)]
    hold(*(greeting(one, now + 30 * DAY) for one in people))
    db.session.rollback()

    with count_statements() as few:
        hold(*(greeting(one, now + 30 * DAY, BIRTHDAY) for one in people[:2]))
    with count_statements() as many:
        hold(*(greeting(one, now + 30 * DAY, BIRTHDAY) for one in people[2:]))

    assert many.count <= few.count + 1
