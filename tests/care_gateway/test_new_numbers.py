"""A message goes to the number that the customer has when it leaves, never to the former one."""

from __future__ import annotations

import threading
import time

import pytest

from crm_api.care.terms import MessageState
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.terms import SlotState
from crm_api.customers import service as customers
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.care_gateway.factories import make_message, slot_state, stored
from tests.care_gateway.test_races import run_beside
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer

NEW = "+8613700000001"


@pytest.fixture
def owner(now):
    return make_staff()


@pytest.fixture
def mine(owner):
    return make_customer(owner)


def change_number(customer, by):
    now = clock.now()
    phone = customers.add_phone(customer.id, number=NEW, by=by, now=now)
    customers.make_primary(customer.id, phone_id=phone.id, by=by)


def endpoint_of(message):
    found = db.session.get(Slot, message.slot_id, populate_existing=True).endpoint
    db.session.rollback()
    return found


def test_a_waiting_message_follows(gateway, owner, mine):
    message = make_message(mine)

    with transaction():
        change_number(mine, owner)

    assert (stored(message).number, endpoint_of(message)) == (NEW, NEW)
    assert [leased["to"] for leased in gateway.lease()] == [NEW]


def test_a_leased_message_is_lost_to_its_worker_and_offered_anew(gateway, owner, mine):
    message = make_message(mine)
    [leased] = gateway.lease()

    with transaction():
        change_number(mine, owner)

    assert gateway.begin(leased) == ["lease_lost"]
    assert slot_state(message) is SlotState.RESERVED
    [again] = gateway.lease()
    assert again["to"] == NEW
    assert gateway.begin(again) == ["submitting"]


def test_a_message_that_began_stays_with_the_number_in_hand(gateway, owner, mine):
    message = make_message(mine)
    former = mine.phone
    gateway.begun()

    with transaction():
        change_number(mine, owner)

    assert (stored(message).number, endpoint_of(message)) == (former, former)


def test_without_a_number_it_is_cancelled(gateway, sign_in, owner, mine):
    message = make_message(mine)
    phones = f"/v1/customers/{mine.id}/phones"
    [phone] = sign_in(owner).get(phones).json["items"]

    assert sign_in(owner).delete(f"{phones}/{phone['id']}").status_code == 204

    assert (stored(message).state, stored(message).reason) == (MessageState.CANCELLED, "no_phone")
    assert slot_state(message) is SlotState.RELEASED


def test_a_begin_that_waits_for_a_change_of_number_is_refused(gateway, owner, mine):
    """The change is written and not yet committed: begin must wait, and then see it."""
    message = make_message(mine)
    [leased] = gateway.lease()

    with transaction():
        change_number(mine, owner)
        answer = run_beside(lambda: gateway.begin(leased))
        time.sleep(0.4)

    assert answer() == ["lease_lost"]
    assert slot_state(message) is SlotState.RESERVED
    assert stored(message).number == NEW


def test_a_change_of_number_waits_for_the_begin_under_way(app, gateway, owner, mine):
    """Begun, the message keeps its number: what is in a gateway's hands cannot be called back."""
    message, former, changed = make_message(mine), mine.phone, threading.Event()
    gateway.lease()

    def change_beside():
        with app.app_context(), transaction():
            change_number(mine, owner)
        changed.set()
        return True

    with transaction():
        assert contact_frequency.begin_slots([message.slot_id]) == {message.slot_id: None}
        answer = run_beside(change_beside)
        assert not changed.wait(0.4)

    assert answer()
    assert endpoint_of(message) == former


def test_what_was_planned_for_a_number_while_it_changed_is_taken_back_at_begin(gateway, mine):
    """A planner that read the number before the change commits, and books after it."""
    message = make_message(mine, number="+8613700000009")
    [leased] = gateway.lease()
    assert leased["to"] == "+8613700000009"

    assert gateway.begin(leased) == ["lease_lost"]

    assert (stored(message).number, endpoint_of(message)) == (mine.phone, mine.phone)
    [again] = gateway.lease()
    assert (again["to"], gateway.begin(again)) == (mine.phone, ["submitting"])
