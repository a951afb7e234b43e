"""Numbers: plans follow the person, what happened stays with the number that rang."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.contact_frequency import queries
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.errors import ContactBlocked
from crm_api.contact_frequency.models import Slot, SlotSubject
from crm_api.contact_frequency.terms import SubjectKind
from crm_api.customers.terms import Category, Channel
from crm_api.kit.db import db
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
