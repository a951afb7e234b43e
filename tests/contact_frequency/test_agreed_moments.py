"""What the customer agreed to is a moment: moved to another, a contact has no right to that."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.contact_frequency.errors import ContactBlocked
from crm_api.contact_frequency.models import Slot
from crm_api.kit.db import db
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def owner(now):
    return make_staff()


@pytest.fixture
def caller(sign_in, owner):
    return sign_in(owner)


@pytest.fixture
def night(now):
    return now + 12 * HOUR  # 22:00 in Shanghai


@pytest.fixture
def late_call(caller, owner, night):
    """A talk about a complaint, at the hour that the customer asked for."""
    call = {"channel": "call", "category": "complaint", "is_agreed": True, "at": night.isoformat()}
    wanted = {"customer_id": make_customer(owner).id, **call}
    reply = caller.post("/v1/contact-reservations", json=wanted)
    assert reply.status_code == 201, reply.text
    return reply.json["id"]


def move(caller, call, to, **said):
    path = f"/v1/contact-reservations/{call}/moment"
    return caller.put(path, json={"at": to.isoformat(), **said})


def is_agreed(call):
    db.session.rollback()
    return db.session.scalar(sa.select(Slot.is_agreed).where(Slot.id == call))


def test_moved_into_the_night_it_is_refused_and_stays_as_agreed(caller, late_call, night):
    reply = move(caller, late_call, night + DAY + 4 * HOUR)

    assert (reply.status_code, reply.json["code"]) == (409, ContactBlocked.code)
    assert {r["code"] for r in reply.json["decision"]["reasons"]} == {"outside_hours"}
    assert is_agreed(late_call)


def test_agreed_anew_it_moves(caller, late_call, night):
    assert move(caller, late_call, night + DAY, is_agreed=True).status_code == 200
    assert is_agreed(late_call)


def test_moved_by_day_it_is_agreed_no_more(caller, late_call, night):
    assert move(caller, late_call, night + 14 * HOUR).status_code == 200
    assert not is_agreed(late_call)
    assert move(caller, late_call, night + DAY).status_code == 409


def test_a_move_repeated_leaves_the_agreement_and_may_add_it(caller, late_call, night):
    assert move(caller, late_call, night).status_code == 200
    assert is_agreed(late_call)

    by_day = night + 14 * HOUR
    for said, expected in (({}, False), ({"is_agreed": True}, True), ({}, True)):
        assert move(caller, late_call, by_day, **said).status_code == 200
        assert is_agreed(late_call) is expected
