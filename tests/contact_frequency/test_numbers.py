"""Numbers: plans follow the person, what happened stays with the number that rang."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.contact_frequency import queries
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.errors import ContactBlocked
from crm_api.contact_frequency.models import (
    FrequencyPolicy,
    Slot,
    SlotSubject,
    StoredDecision,
)
from crm_api.contact_frequency.policies import DEFAULT_RULES
from crm_api.contact_frequency.service import ledger, locking
from crm_api.contact_frequency.service.following import MOST_AT_ONCE
from crm_api.contact_frequency.terms import SubjectKind
from crm_api.customers.models import Customer
from crm_api.customers.terms import Category, Channel
from crm_api.kit.db import db
from crm_api.kit.errors import Busy
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff
from tests.factories.contact_frequency import in_transaction, make_plan, reserve
from tests.factories.customers import make_customer

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEW = "+8613700000001"


@pytest.fixture
def owner(now):
    return make_staff()


@pytest.fixture
def mine(owner):
    return make_customer(owner)


def change_number(caller, customer, number=NEW):
    """Give a customer another primary number, as people do: add it, then choose it."""
    at_customer = f"/v1/customers/{customer.id}"
    added = caller.post(f"{at_customer}/phones", json={"number": number}).json
    reply = caller.put(f"{at_customer}/primary-phone", json={"phone_id": added["id"]})
    assert reply.status_code == 200, reply.json


def sms(customer, at, **changes):
    return make_plan(customer, at, channel=Channel.SMS, category=Category.CARE, **changes)


def numbers_of(slot):
    db.session.rollback()
    endpoint = db.session.scalar(sa.select(Slot.endpoint).where(Slot.id == slot.id))
    rows = sa.select(SlotSubject.subject_id).where(
        SlotSubject.slot_id == slot.id, SlotSubject.subject_kind == SubjectKind.ENDPOINT
    )
    return endpoint, db.session.scalars(rows).all()


def test_what_is_planned_follows_to_the_new_number(sign_in, owner, mine, now):
    call, message = reserve(make_plan(mine, now + DAY)), reserve(sms(mine, now + 3 * DAY))
    elsewhere = reserve(make_plan(mine, now + 9 * DAY, endpoint="+8613700000009"))

    change_number(sign_in(owner), mine)

    assert numbers_of(call) == numbers_of(message) == (NEW, [NEW])
    assert numbers_of(elsewhere) == ("+8613700000009", ["+8613700000009"])


def test_who_asks_while_a_number_changes_asks_again(mine, now, monkeypatch):
    """Else the new number would not be locked: two could begin on it without seeing each other."""
    slot = reserve(make_plan(mine, now + DAY))
    look = locking.customers.reach_of

    def look_after_the_change(customer_ids):
        monkeypatch.setattr(locking.customers, "reach_of", look)
        db.session.get_one(Customer, mine.id).phone = NEW
        ledger.readdress_slot(db.session.get_one(Slot, slot.id), number=NEW)
        return look(customer_ids)

    monkeypatch.setattr(locking.customers, "reach_of", look_after_the_change)

    with pytest.raises(Busy):
        in_transaction(contact_frequency.begin_slots, [slot.id])


def test_the_new_numbers_caps_and_opt_outs_hold_for_it(sign_in, owner, mine, now):
    """Somebody on that number has a greeting the same day, and refused the SMS too."""
    partner = make_customer(owner, phone=NEW)
    reserve(sms(partner, now + 3 * DAY))
    slot = reserve(sms(mine, now + 3 * DAY + HOUR))

    change_number(sign_in(owner), mine)

    db.session.rollback()
    assert db.session.get(Slot, slot.id, populate_existing=True).needs_new_plan is True
    with pytest.raises(ContactBlocked):
        reserve(make_plan(make_customer(owner, phone=NEW), now + 3 * DAY + 2 * HOUR))


def test_what_happened_still_counts_for_the_number_that_rang(sign_in, owner, mine, now):
    in_transaction(
        contact_frequency.record_fact,
        make_plan(mine, now),
        occurred_at=now - HOUR,
        recorded_at=now,
        outcome="reached",
        by_id="x",
    )
    former = mine.phone
    change_number(sign_in(owner), mine)
    heir = make_customer(owner, phone=former)

    with pytest.raises(ContactBlocked) as refused:
        reserve(make_plan(heir, now + HOUR))

    kinds = {r["subject"]["kind"] for r in refused.value.details["decision"]["reasons"]}
    assert kinds == {"endpoint"}


def test_who_gets_a_number_passed_on_meets_none_of_the_formers_plans(sign_in, owner, mine, now):
    slot, former = reserve(make_plan(mine, now + DAY)), mine.phone
    change_number(sign_in(owner), mine)

    heir = make_customer(owner, phone=former)

    assert reserve(make_plan(heir, now + DAY)).endpoint == former
    assert numbers_of(slot) == (NEW, [NEW])
    assert queries.find_breaches() == []


def test_an_opt_out_of_the_number_stays_and_follows(sign_in, owner, mine, now):
    in_transaction(contact_frequency.opt_out, mine.phone, at=now, source="desk")
    former = mine.phone
    change_number(sign_in(owner), mine)
    heir = make_customer(owner, phone=former)

    for customer in (mine, heir):
        with pytest.raises(ContactBlocked) as refused:
            reserve(sms(customer, now + DAY))
        codes = {r["code"] for r in refused.value.details["decision"]["reasons"]}
        assert codes == {"opted_out"}


def test_a_number_that_is_taken_away_leaves_no_endpoint(sign_in, owner, mine, now):
    slot = reserve(make_plan(mine, now + DAY))
    phones = f"/v1/customers/{mine.id}/phones"
    [phone] = sign_in(owner).get(phones).json["items"]

    assert sign_in(owner).delete(f"{phones}/{phone['id']}").status_code == 204
    assert numbers_of(slot) == (None, [])
    sign_in(owner).post(phones, json={"number": NEW})

    assert numbers_of(slot) == (NEW, [NEW])


def test_a_file_that_brings_many_new_numbers_moves_all_their_plans(owner, now):
    many = [make_customer(owner) for _ in range(MOST_AT_ONCE + 5)]
    slots = [reserve(make_plan(customer, now + DAY)) for customer in many]
    numbers = {customer.id: f"+86137{n:08d}" for n, customer in enumerate(many)}

    with transaction():
        for customer in db.session.scalars(sa.select(Customer)):
            customer.phone = numbers[customer.id]

    for slot, customer in zip(slots, many, strict=True):
        assert numbers_of(slot) == (numbers[customer.id], [numbers[customer.id]])


FESTIVAL = {"occurrence": "festival:mid_autumn:2026:", "said_once": "festival:mid_autumn:2026"}


def retire(key, now):
    """Take a policy away, so that only what is left can stand in the way."""
    [rule] = [r for r in DEFAULT_RULES if r.key == key]
    policy = db.session.scalar(sa.select(FrequencyPolicy.id).where(FrequencyPolicy.key == key))
    in_transaction(
        contact_frequency.add_version,
        policy,
        rule,
        effective_from=None,
        is_retired=True,
        reason="to see what is left",
        by_id="x",
        now=now,
    )


@pytest.fixture
def couple(owner, now):
    """Two people on one phone, whose number may be rung as often as one likes."""
    for key in ("gap_24_hours", "care_day", "total_7_days"):
        retire(key, now)
    one = make_customer(owner)
    return one, make_customer(owner, phone=one.phone)


def greet(customer, at, *, own_birthday=False):
    said = {"occurrence": "birthday:2026:"} if own_birthday else FESTIVAL
    return sms(customer, at, **{**said, "occurrence": said["occurrence"] + customer.id})


def test_a_couple_is_greeted_once_for_a_festival_even_in_one_chunk(couple, now):
    plans = [greet(who, now + 3 * DAY + n * HOUR) for n, who in enumerate(couple)]

    first, second = in_transaction(contact_frequency.reserve_slots, plans, by_id=None)

    assert first.id
    [reason] = second.document["reasons"]
    assert (reason["code"], reason["subject"]["kind"]) == ("occurrence_taken", "endpoint")
    assert "一个号码只祝福一次" in reason["message_zh"]
    assert replay_of(second) == second.trace


def replay_of(decision):
    return contact_frequency.replay(db.session.get_one(StoredDecision, decision.id))


def test_nor_on_another_day_nor_after_it_was_sent(couple, now):
    one, other = couple
    slot = reserve(greet(one, now + HOUR))
    assert in_transaction(contact_frequency.begin_slots, [slot.id]) == {slot.id: None}

    with pytest.raises(ContactBlocked):
        reserve(greet(other, now + 3 * DAY))


def test_each_keeps_a_birthday_and_a_fallen_greeting_leaves_its_place(couple, now):
    one, other = couple
    for n, who in enumerate(couple):
        reserve(greet(who, now + (3 + n) * DAY, own_birthday=True))
    slot = reserve(greet(one, now + 9 * DAY))
    in_transaction(contact_frequency.release_slot, slot.id, reason="cancelled")

    assert reserve(greet(other, now + 9 * DAY)).id != slot.id


def test_of_two_that_came_to_one_number_the_first_to_begin_says_it(sign_in, owner, couple, now):
    one, other = make_customer(owner), make_customer(owner)
    slots = [reserve(greet(who, now)) for who in (one, other)]
    change_number(sign_in(owner), one)
    change_number(sign_in(owner), other)

    [first] = in_transaction(contact_frequency.begin_slots, [slots[1].id]).values()
    [second] = in_transaction(contact_frequency.begin_slots, [slots[0].id]).values()

    assert first is None
    assert [r.code for r in second.reasons] == ["occurrence_taken"]


def test_both_at_once_one_begins(couple, sign_in, owner, now):
    one, other = make_customer(owner), make_customer(owner)
    slots = [reserve(greet(who, now)) for who in (one, other)]
    for who in (one, other):
        change_number(sign_in(owner), who)

    answers = in_transaction(contact_frequency.begin_slots, [slot.id for slot in slots])

    assert sorted(answer is None for answer in answers.values()) == [False, True]
