"""Planners, a sweep and people who book, all at one instant: every moment has one winner."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta

import pytest
import sqlalchemy as sa

from crm_api import config
from crm_api.app import create_app
from crm_api.calendars import service as calendars
from crm_api.care.models import CareMessage
from crm_api.care.terms import MessageState
from crm_api.contact_frequency import queries
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.models import Slot, StoredDecision
from crm_api.contact_frequency.terms import SlotState
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.contact_frequency.test_races import ask_at_once
from tests.factories.accounts import make_staff
from tests.factories.care import make_template
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer
from tests.support import databases
from tests.support.server import flask

pytestmark = pytest.mark.heavy

PEOPLE = 8
OF_MESSAGE = {MessageState.QUEUED: SlotState.HELD, MessageState.PREEMPTED: SlotState.PREEMPTED}


@pytest.fixture
def district(own_database_url):
    """Customers who share a birthday a few days ahead, on a database that processes reach."""
    app = create_app(databases.settings_for(own_database_url))
    with app.app_context():
        keep_default_policies(clock.now() - timedelta(days=400))
        make_template()
        today = calendars.local_day(clock.now())
        days = (today + timedelta(days=n) for n in range(4, 12))
        day = next(day for day in days if not calendars.is_solemn(day))
        owner = make_staff()
        people = [make_customer(owner, birth_on=day.replace(year=1984)).id for _ in range(PEOPLE)]
        db.session.rollback()
        yield own_database_url, day, people
        db.session.remove()
        db.engine.dispose()


def noon(day):
    return datetime.combine(day, time(12), tzinfo=config.current().zone)


def test_each_moment_has_one_winner_and_each_loser_knows_it(district):
    url, day, people = district
    wanted = [
        {"customer_id": one, "channel": "call", "at": noon(day).isoformat(), "is_agreed": True}
        for one in people
    ]
    plan = ("care", "plan", "--on", day.isoformat())

    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(flask, url, *words) for words in (plan, plan, ("care", "arbitrate"))]
        booked = pool.submit(ask_at_once, url, wanted).result()
        done = [run.result() for run in runs]

    assert [run.returncode for run in done] == [0, 0, 0], [run.stderr for run in done]
    assert None not in {answer["slot_id"] for answer in booked}, "greetings give way"
    assert_told(dict(zip(people, (answer["slot_id"] for answer in booked), strict=True)))
    assert queries.find_breaches() == []

    give_back(booked)
    assert flask(url, *plan).returncode == flask(url, "care", "arbitrate").returncode == 0

    db.session.rollback()
    messages = db.session.scalars(sa.select(CareMessage)).all()
    assert {m.customer_id for m in messages} == {*people}
    assert {m.state for m in messages} == {MessageState.QUEUED}
    assert queries.find_breaches() == []


def assert_told(bookings):
    """Each message is as its slot is, and a loser names the booking that it lost to."""
    rows = db.session.execute(
        sa.select(CareMessage, Slot).join(Slot, Slot.id == CareMessage.slot_id)
    ).all()
    for message, slot in rows:
        assert slot.state is OF_MESSAGE[message.state]
        if message.state is MessageState.PREEMPTED:
            assert slot.winner_slot_id == bookings[message.customer_id]
    decisions = db.session.scalars(sa.select(StoredDecision)).all()
    assert all(contact_frequency.replay(stored) == stored.trace for stored in decisions)
    fallen = {s["slot_id"] for d in decisions for s in d.document.get("gives_way", ())}
    lost = db.session.scalars(sa.select(Slot.id).where(Slot.state == SlotState.PREEMPTED))
    assert {*lost} == fallen


def give_back(booked):
    with transaction():
        slot_ids = [answer["slot_id"] for answer in booked]
        contact_frequency.release_slots(slot_ids, reason="customer travels")
