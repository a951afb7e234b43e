"""Plans that came to a busy number with their customer: what needs a new plan is no breach yet."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.contact_frequency import queries
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.models import CustomerToRecheck, Overrun, Slot
from crm_api.contact_frequency.service import addressing
from crm_api.contact_frequency.service.following import MOST_AT_ONCE
from crm_api.contact_frequency.service.replanning import STILL_OPEN
from crm_api.contact_frequency.terms import OverrunCause, SubjectKind
from crm_api.customers.models import Customer
from crm_api.customers.terms import Category, Channel
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.contact_frequency.test_audit import push
from tests.factories.contact_frequency import in_transaction, make_plan, reserve
from tests.factories.customers import make_customer

INSTANT = timedelta(microseconds=1)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NEW = "+8613700000001"
EXEMPT = OverrunCause.EXEMPT_CATEGORY
WITH_CUSTOMER = ("gap_24_hours", SubjectKind.CUSTOMER, EXEMPT)
ON_NUMBER = ("gap_24_hours", SubjectKind.ENDPOINT, EXEMPT)


@pytest.fixture
def mine(now):
    return make_customer()


@pytest.fixture
def partner(now):
    return make_customer(phone=NEW)


def overruns(slot):
    """Return what is told of a slot, in the order in which it came."""
    db.session.rollback()
    statement = sa.select(Overrun).where(Overrun.slot_id == slot.id)
    by = (Overrun.created_at, Overrun.subject_kind, Overrun.policy_key)
    told = db.session.scalars(statement.order_by(*by))
    return [(o.policy_key, o.subject_kind, o.cause) for o in told]


def move(customer, number=NEW):
    with transaction():
        db.session.get_one(Customer, customer.id).phone = number


def breaches():
    db.session.rollback()
    return [(b.policy_key, b.subject_kind) for b in queries.find_breaches()]


def marked():
    statement = sa.select(Slot.id).where(Slot.needs_new_plan)
    return set(db.session.scalars(statement))


def tell(plan):
    return in_transaction(
        contact_frequency.record_fact,
        plan,
        occurred_at=plan.at,
        recorded_at=plan.at,
        outcome="reached",
        by_id=None,
    )


def test_what_leaves_a_number_leaves_room_to_whom_it_stood_beside(mine, partner, now, at):
    reserve(make_plan(partner, now + DAY))
    at(now + MINUTE)
    reserve(make_plan(mine, now + DAY + HOUR))
    move(mine)
    assert len(marked()) == 2

    move(mine, "+8613700000002")

    assert marked() == set()


@pytest.mark.parametrize("is_first", [True, False])
def test_what_came_too_close_needs_a_new_plan_and_is_no_breach(mine, partner, now, at, is_first):
    whose = (mine, partner) if is_first else (partner, mine)
    one = reserve(make_plan(whose[0], now + DAY))
    at(now + MINUTE)
    other = reserve(make_plan(whose[1], now + DAY + HOUR))

    move(mine)

    assert breaches() == []
    assert marked() == {one.id, other.id}


def test_what_is_exempt_stays_and_what_it_goes_beyond_is_recorded(mine, partner, now, at):
    kept = reserve(make_plan(mine, now + HOUR, category=Category.COMPLAINT))
    tell(make_plan(partner, now))

    move(mine)

    assert breaches() == []
    assert marked() == set()
    assert overruns(kept) == [ON_NUMBER]


def test_what_is_exempt_is_explained_once_however_often_its_number_changes(mine, partner, now, at):
    reserve(make_plan(mine, now + HOUR))
    kept = reserve(make_plan(mine, now + 3 * HOUR, category=Category.COMPLAINT))
    assert overruns(kept) == [WITH_CUSTOMER, ON_NUMBER]
    at(now + 2 * HOUR)
    tell(make_plan(partner, now + 2 * HOUR))

    for number in ("+8613700000002", "+8613700000003", NEW, "+8613700000004", NEW):
        move(mine, number)

    of_week = ("total_7_days", SubjectKind.ENDPOINT, EXEMPT)
    assert overruns(kept) == [WITH_CUSTOMER, ON_NUMBER, ON_NUMBER, of_week]


def test_what_is_beyond_with_the_customer_is_no_matter_of_numbers(mine, now, at):
    reserve(make_plan(mine, now + HOUR, channel=Channel.VISIT))
    kept = reserve(make_plan(mine, now + 3 * HOUR, category=Category.COMPLAINT))
    assert overruns(kept) == [WITH_CUSTOMER]

    move(mine)

    assert overruns(kept) == [WITH_CUSTOMER]


def test_what_came_to_a_number_meanwhile_is_explained_anew(mine, partner, now, at):
    kept = reserve(make_plan(mine, now + 5 * HOUR, category=Category.COMPLAINT))
    first = reserve(make_plan(partner, now + 2 * HOUR))
    move(mine)
    move(mine, "+8613700000002")
    in_transaction(contact_frequency.release_slot, first.id, reason="called off")
    at(now + 2 * HOUR)
    tell(make_plan(partner, now + 2 * HOUR))
    assert overruns(kept) == [ON_NUMBER]

    at(now + 2 * HOUR + MINUTE)
    move(mine)

    assert breaches() == []
    assert overruns(kept) == [ON_NUMBER, ON_NUMBER]


def test_what_a_number_excuses_is_no_excuse_with_the_customer(mine, partner, now, at):
    """Unsafe code broke the customer's gap; then an exempt neighbour came to a busy number."""
    reserve(make_plan(mine, now + 3 * HOUR, category=Category.COMPLAINT))
    at(now + MINUTE)
    unsafe = reserve(make_plan(mine, now + 3 * DAY, channel=Channel.VISIT))
    push(unsafe, now + 5 * HOUR)
    tell(make_plan(partner, now + MINUTE))
    assert breaches() == [("gap_24_hours", "customer")]

    at(now + 2 * MINUTE)
    move(mine)

    assert breaches() == [("gap_24_hours", "customer")]


def test_who_is_beside_what_is_exempt_needs_a_new_plan(mine, partner, now, at):
    reserve(make_plan(mine, now + DAY, category=Category.COMPLAINT))
    at(now + MINUTE)
    beside = reserve(make_plan(partner, now + DAY + HOUR))

    move(mine)

    assert breaches() == []
    assert marked() == {beside.id}


def test_what_gives_way_needs_a_new_plan_and_the_stronger_none(mine, partner, now, at):
    reserve(make_plan(mine, now + DAY, is_agreed=True))
    at(now + MINUTE)
    greeting = {"channel": Channel.SMS, "category": Category.CARE}
    plans = [make_plan(partner, now + DAY + HOUR, **greeting)]
    [held] = in_transaction(contact_frequency.reserve_slots, plans, by_id=None, is_held=True)

    move(mine)

    assert breaches() == []
    assert marked() == {held.id}
    assert in_transaction(contact_frequency.recheck_next, now=now + MINUTE) is not None
    assert marked() == {held.id}


def test_a_file_that_moves_many_leaves_who_is_beside_them_to_the_sweep(partner, now, at):
    many = [make_customer() for _ in range(MOST_AT_ONCE + 1)]
    moved = reserve(make_plan(many[0], now + 3 * HOUR))
    at(now + MINUTE)
    beside = reserve(make_plan(partner, now + 4 * HOUR))
    reserve(make_plan(make_customer(), now + 3 * HOUR))
    numbers = {customer.id: f"+86137{n:08d}" for n, customer in enumerate(many)}

    with transaction():
        for customer_id, number in numbers.items():
            own = NEW if customer_id == many[0].id else number
            db.session.get_one(Customer, customer_id).phone = own
    noted = set(db.session.scalars(sa.select(CustomerToRecheck.customer_id)))
    while in_transaction(contact_frequency.recheck_noted, now=now + MINUTE):
        pass

    assert noted == {partner.id, *numbers}
    assert breaches() == []
    assert marked() == {moved.id, beside.id}


def test_as_many_as_are_looked_at_at_once_leave_nothing_to_the_sweep(now):
    many = [make_customer() for _ in range(MOST_AT_ONCE)]

    with transaction():
        for n, customer in enumerate(many):
            db.session.get_one(Customer, customer.id).phone = f"+86137{n:08d}"

    assert db.session.scalars(sa.select(CustomerToRecheck.customer_id)).all() == []


@pytest.mark.parametrize(("later", "is_open"), [(timedelta(), True), (INSTANT, False)])
def test_a_plan_is_open_for_a_day_to_the_microsecond(mine, now, at, *, later, is_open):
    was = mine.phone
    slot = reserve(make_plan(mine, now + HOUR))
    at(now + HOUR + STILL_OPEN + later)

    planned = addressing.planned_on([was], now=now + HOUR + STILL_OPEN + later)
    move(mine)

    assert planned == ([mine.id] if is_open else [])
    assert db.session.get_one(Slot, slot.id).endpoint == (NEW if is_open else was)


def test_what_is_carried_out_all_the_same_is_a_breach_again(mine, partner, now, at):
    """As unsafe code would: the mark alone excuses nothing that happened."""
    reserve(make_plan(partner, now + DAY))
    at(now + MINUTE)
    forced = reserve(make_plan(mine, now + DAY + HOUR))
    move(mine)

    with transaction():
        db.session.execute(sa.update(Slot).values(state="consumed"))

    assert breaches() == [("gap_24_hours", "endpoint")]
    assert forced.id in marked()


def test_a_plan_of_ones_own_that_is_marked_goes_on_being_measured(mine, now):
    """Only a number is shared by chance: a customer's own stand too close for another cause."""
    reserve(make_plan(mine, now + HOUR))
    second = reserve(make_plan(mine, now + 2 * DAY))
    push(second, now + 3 * HOUR)
    with transaction():
        db.session.execute(sa.update(Slot).values(needs_new_plan=True))

    assert breaches() == [("gap_24_hours", "customer")]
