"""A visit that the customer agreed to before it was planned: an appointment from the start."""

from datetime import timedelta

import pytest

from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.terms import ContactClass, SlotState
from crm_api.customers.terms import Category, Channel
from crm_api.kit.db import db
from tests.factories.contact_frequency import in_transaction, make_plan
from tests.factories.visits import a_record, made, plan, planned, step

DAY = timedelta(days=1)
AGREED = {"by": "王示例", "how": "call"}


def hold_greeting(field, at):
    greeting = make_plan(
        field.customer,
        at,
        channel=Channel.SMS,
        category=Category.CARE,
        occasion_class=ContactClass.BIRTHDAY,
    )
    [held] = in_transaction(contact_frequency.reserve_slots, [greeting], by_id=None, is_held=True)
    return held.id


def state_of(slot_id):
    db.session.rollback()
    return db.session.get_one(Slot, slot_id, populate_existing=True).state


def test_it_is_confirmed_from_the_start(field, slot_of):
    reply = plan(field.caller, field.customer, starts_at=field.tomorrow, confirmation=AGREED)

    assert reply.status_code == 201, reply.json
    assert reply.json["status"] == "confirmed"
    assert (reply.json["confirmed_by"], reply.json["confirmed_how"]) == ("王示例", "call")
    assert slot_of(reply.json).is_agreed
    again = step(field.caller, reply.json, "confirmation", **AGREED)
    assert (again.status_code, again.json["status"]) == (200, "confirmed")


def test_it_takes_the_moment_of_a_held_greeting(field, slot_of):
    held = hold_greeting(field, field.now + 20 * DAY)

    reply = plan(field.caller, field.customer, starts_at=field.now + 20 * DAY, confirmation=AGREED)

    assert reply.status_code == 201, reply.json
    assert state_of(held) is SlotState.PREEMPTED
    assert db.session.get_one(Slot, held).winner_slot_id == reply.json["slot_id"]


def test_without_a_word_of_the_customer_the_greeting_stays(field):
    held = hold_greeting(field, field.now + 20 * DAY)

    reply = plan(field.caller, field.customer, starts_at=field.now + 20 * DAY)

    assert reply.json["code"] == "contact_blocked"
    assert state_of(held) is SlotState.HELD


def test_nobody_agrees_to_a_surprise(field):
    reply = plan(
        field.caller, field.customer, starts_at=field.now, is_unannounced=True, confirmation=AGREED
    )

    assert reply.status_code == 422
    assert reply.json["errors"][0]["pointer"] == "/confirmation"


@pytest.mark.parametrize("channel", ["visit", "call"])
def test_a_next_touch_that_was_agreed_takes_a_moment_too(field, at, channel):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    then = at(field.tomorrow) + 20 * DAY
    visit = made(field.caller, visit)
    held = hold_greeting(field, then)
    touch = {
        "text": "Bring the contract.",
        "due_on": "2026-03-24",
        "contact": {"channel": channel, "at": then.isoformat(), "is_agreed": True},
    }

    reply = step(
        field.caller, visit, "record", **a_record(visit, leave_alone=None, next_touch=touch)
    )

    assert reply.status_code == 200, reply.json
    assert state_of(held) is SlotState.PREEMPTED
    if channel == "visit":
        [task] = reply.json["follow_ups"]
        following = field.caller.get(f"/v1/visits/{task['next_visit_id']}").json
        assert (following["status"], following["confirmed_how"]) == ("confirmed", "visit")
        assert following["confirmed_by"] == field.customer.name
