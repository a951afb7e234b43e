"""Opt-outs follow the person; holds keep their source."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.models import Hold, OptOut
from crm_api.contact_frequency.terms import HoldKind
from crm_api.customers.models import Customer
from crm_api.customers.terms import Category, Channel
from crm_api.kit.db import db
from crm_api.kit.touches import touching
from crm_api.kit.transactions import transaction
from tests.factories.contact_frequency import in_transaction, make_plan
from tests.factories.customers import make_customer

HOUR = timedelta(hours=1)
NEW_NUMBER = "+8613800001111"


def opt_out(number, now, **changes):
    return in_transaction(contact_frequency.opt_out, number, at=now, source="inbound", **changes)


def may_write(customer, now, **changes):
    wanted = {"channel": Channel.SMS, "category": Category.CARE, **changes}
    plan = make_plan(customer, now + HOUR, **wanted)
    return contact_frequency.preflight(plan, now=now).is_allowed


def give_number(customer, number):
    with transaction():
        change = touching(sa.update(Customer).where(Customer.id == customer.id))
        db.session.execute(change.values(phone=number))


def test_it_covers_every_customer_on_the_number(customer, now):
    other = make_customer(phone=customer.phone)
    opt_out(customer.phone, now)

    assert not may_write(customer, now)
    assert not may_write(other, now)
    assert may_write(customer, now, category=Category.SERVICE)
    assert may_write(customer, now, channel=Channel.CALL)


def test_it_follows_the_person_to_a_new_number(customer, now):
    opt_out(customer.phone, now)
    give_number(customer, NEW_NUMBER)

    assert not may_write(customer, now)
    assert contact_frequency.is_opted_out([NEW_NUMBER, "+8613800002222"]) == {NEW_NUMBER}


def test_it_stays_with_the_number_for_whoever_gets_it(customer, now):
    opt_out(customer.phone, now)
    newcomer = make_customer(phone=customer.phone)

    assert not may_write(newcomer, now)
    assert contact_frequency.is_opted_out([customer.phone]) == {customer.phone}


def test_an_opt_in_lifts_it(customer, now):
    opt_out(customer.phone, now)

    assert in_transaction(contact_frequency.opt_in, customer.phone, at=now, source="inbound:in") > 0

    assert may_write(customer, now)
    assert contact_frequency.is_opted_out([customer.phone]) == set()


def test_an_opt_in_from_the_new_number_frees_that_person_only(customer, now):
    family = make_customer(phone=customer.phone)
    opt_out(customer.phone, now)
    give_number(customer, NEW_NUMBER)

    in_transaction(contact_frequency.opt_in, NEW_NUMBER, at=now, source="inbound:in")

    assert may_write(customer, now)
    assert not may_write(family, now)


def test_said_twice_it_is_one_and_may_widen(customer, now):
    first = opt_out(customer.phone, now)
    second = opt_out(customer.phone, now, categories=(Category.SERVICE,))

    assert first.id == second.id
    assert db.session.scalar(sa.select(sa.func.count()).select_from(OptOut)) == 1
    assert not may_write(customer, now, category=Category.SERVICE)
    assert not may_write(customer, now)


def test_an_opt_out_concerns_the_person_behind_several_customers(now):
    one, same = make_customer(person_id="p1"), make_customer(person_id="p1")
    opt_out(one.phone, now)

    assert not may_write(same, now)


def test_a_hold_placed_twice_by_its_source_is_one_and_keeps_the_last_end(customer, now):
    placed = [
        in_transaction(
            contact_frequency.place_hold,
            HoldKind.LEAVE_ALONE,
            customer_id=customer.id,
            from_at=now,
            until_at=now + days * 24 * HOUR,
            reason="asked",
            source="visit:1",
            by_id="x",
        )
        for days in (3, 5)
    ]

    assert placed[0].id == placed[1].id
    [hold] = db.session.scalars(sa.select(Hold).execution_options(populate_existing=True))
    assert hold.until_at == now + 5 * 24 * HOUR
    assert not may_write(customer, now)


def test_a_hold_begins_at_once_even_where_its_callers_clock_runs_ahead(customer, now):
    wish = {"customer_id": customer.id, "reason": "asked", "by_id": None}

    in_transaction(
        contact_frequency.place_hold, HoldKind.LEAVE_ALONE, from_at=now + 2 * HOUR, **wish
    )

    assert not may_write(customer, now)


def test_a_number_that_wants_no_calls_may_be_written_to(customer, now):
    opt_out(customer.phone, now, channel=Channel.CALL)

    assert not may_write(customer, now, channel=Channel.CALL)
    assert may_write(customer, now)
    assert contact_frequency.is_opted_out([customer.phone]) == set()


def test_an_opt_in_tells_how_many_refusals_it_lifted(customer, now):
    """The number's own, and the one that its customer brought along."""
    opt_out(customer.phone, now)
    give_number(customer, NEW_NUMBER)
    opt_out(NEW_NUMBER, now)

    lifted = in_transaction(contact_frequency.opt_in, NEW_NUMBER, at=now, source="inbound")

    assert lifted == 2
    assert may_write(customer, now)
