"""The history and the ledger tell the same story."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.terms import Counting, SlotState
from crm_api.kit.db import db
from tests.factories.accounts import make_staff
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer

TUESDAY_TEN = datetime(2026, 3, 3, 2, tzinfo=UTC)


@pytest.fixture
def now(app, at):
    keep_default_policies(TUESDAY_TEN - timedelta(days=365))
    return at(TUESDAY_TEN)


@pytest.fixture
def owner(now):
    return make_staff()


@pytest.fixture
def customer(owner):
    return make_customer(owner)


def log(caller, customer, occurred_at, **changes):
    body = {
        "occurred_at": occurred_at.isoformat(),
        "channel": "call",
        "category": "service",
        "purpose": "service",
        "outcome": "reached",
        **changes,
    }
    return caller.post(f"/v1/customers/{customer.id}/contacts", json=body)


def reserve(caller, customer, at, **changes):
    body = {
        "customer_id": customer.id,
        "channel": "call",
        "category": "service",
        "at": at.isoformat(),
        **changes,
    }
    reply = caller.post("/v1/contact-reservations", json=body)
    assert reply.status_code == 201, reply.json
    return reply.json


def only_slot():
    db.session.rollback()
    return db.session.scalars(sa.select(Slot).execution_options(populate_existing=True)).one()


def test_a_logged_contact_counts(owner, customer, now, sign_in):
    reply = log(sign_in(owner), customer, now)

    slot = only_slot()
    assert reply.status_code == 201
    assert (slot.state, slot.effective_at) == (SlotState.CONSUMED, now)
    assert not reply.json["contact"]["has_overrun"]


def test_what_the_customer_began_does_not_count(owner, customer, now, sign_in):
    log(sign_in(owner), customer, now, direction="inbound", begun_by_customer=True)

    assert only_slot().counting is Counting.NONE


def test_one_too_many_is_kept_and_told(owner, customer, now, sign_in):
    caller = sign_in(owner)
    log(caller, customer, now - timedelta(minutes=90))

    reply = log(caller, customer, now)

    assert reply.status_code == 201
    assert reply.json["contact"]["has_overrun"]
    assert {o["cause"] for o in reply.json["overruns"]} == {"late_fact"}
    assert "overrun" in [w["code"] for w in reply.json["warnings"]]
    listed = caller.get("/v1/contacts?has_overrun=true").json["items"]
    assert [item["id"] for item in listed] == [reply.json["contact"]["id"]]


def test_plans_that_are_now_illegal_are_named(owner, customer, now, sign_in):
    caller = sign_in(owner)
    planned = reserve(caller, customer, now + timedelta(hours=26))

    reply = log(caller, customer, now + timedelta(minutes=4))
    db.session.expunge_all()
    again = log(caller, customer, now + timedelta(minutes=5))

    warned = [w for r in (reply, again) for w in r.json["warnings"] if w["code"] == "plans_to_move"]
    assert planned["id"] in warned[-1]["slot_ids"]


def test_a_reservation_is_made_use_of_once(owner, customer, now, at, sign_in):
    caller = sign_in(owner)
    planned = reserve(caller, customer, now + timedelta(hours=1))
    at(now + timedelta(hours=1))
    moment = now + timedelta(hours=1)

    first, second = (log(caller, customer, moment, reservation_id=planned["id"]) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json["contact"]["id"] == second.json["contact"]["id"]
    assert only_slot().state is SlotState.CONSUMED
    other = log(caller, customer, moment, reservation_id=planned["id"], outcome="no_answer")
    assert (other.status_code, other.json["code"]) == (409, "reservation_logged")


def test_a_reservation_for_something_else_is_not_made_use_of(owner, customer, now, sign_in):
    caller = sign_in(owner)
    planned = reserve(caller, customer, now + timedelta(hours=1))

    reply = log(caller, customer, now, reservation_id=planned["id"], channel="wechat")

    assert (reply.status_code, reply.json["code"]) == (422, "invalid")
    assert reply.json["errors"][0]["pointer"] == "/channel"
    assert only_slot().state is SlotState.RESERVED


def test_the_reservation_of_another_customer_does_not_exist(owner, customer, now, sign_in):
    caller = sign_in(owner)
    planned = reserve(caller, make_customer(owner), now + timedelta(hours=1))
    theirs = reserve(sign_in(make_staff(Role.ADMIN)), make_customer(), now + timedelta(hours=1))

    for reservation in (planned, theirs, {"id": "none"}):
        assert log(caller, customer, now, reservation_id=reservation["id"]).status_code == 404


def test_a_withdrawn_contact_no_longer_counts(owner, customer, now, sign_in):
    caller = sign_in(owner)
    told = log(caller, customer, now - timedelta(minutes=90)).json["contact"]["id"]
    asked = caller.post(f"/v1/contacts/{told}/withdrawals", json={"reason": "Wrong customer."})
    path = f"/v1/contact-withdrawals/{asked.json['id']}/approval"
    approved = sign_in(make_staff(Role.ADMIN)).put(path, json={"note": "So it was."})
    assert approved.status_code == 200
    db.session.expunge_all()

    reply = log(caller, customer, now)

    assert not reply.json["contact"]["has_overrun"]


def test_told_after_90_days_a_manager_looks(owner, customer, now, sign_in):
    reply = log(sign_in(owner), customer, now - timedelta(days=91))

    assert "needs_look" in [w["code"] for w in reply.json["warnings"]]
    assert only_slot().needs_look


def test_a_corrected_outcome_counts_as_it_really_ended(sign_in, customer, owner, now):
    """Logged as unanswered, a talk would escape all caps but those over any channel."""
    caller = sign_in(owner)
    contact = log(caller, customer, now, category="payment", outcome="no_answer").json["contact"]

    reply = caller.post(
        f"/v1/contacts/{contact['id']}/corrections",
        json={"reason": "They did pick up.", "outcome": "reached"},
    )

    assert reply.status_code == 201
    db.session.rollback()
    assert [s.counting for s in db.session.scalars(sa.select(Slot))] == [Counting.FULL]
    at = (now + timedelta(hours=2)).isoformat().replace("+00:00", "Z")
    again = caller.get(
        f"/v1/customers/{customer.id}/contact-budget?category=payment&channel=call&at={at}"
    )
    assert "payment_day" in {reason["policy_key"] for reason in again.json["reasons"]}


def test_a_correction_of_what_the_customer_began_counts_nothing(sign_in, customer, owner, now):
    caller = sign_in(owner)
    contact = log(caller, customer, now, begun_by_customer=True).json["contact"]

    caller.post(
        f"/v1/contacts/{contact['id']}/corrections",
        json={"reason": "The line broke.", "outcome": "no_answer"},
    )

    db.session.rollback()
    assert [s.counting for s in db.session.scalars(sa.select(Slot))] == [Counting.NONE]
