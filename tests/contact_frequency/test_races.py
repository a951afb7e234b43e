"""Fifty processes, one slot: whatever the engine, one of them gets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from crm_api.app import create_app
from crm_api.contact_frequency import queries
from crm_api.contact_frequency import service as contact_frequency
from crm_api.kit import clock
from crm_api.kit.db import db
from tests.factories.contact_frequency import (
    in_transaction,
    keep_default_policies,
    make_plan,
    reserve,
)
from tests.factories.customers import make_customer
from tests.support import databases

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = 50
BATCH = 10
DAY = timedelta(days=1)


@pytest.fixture
def own_app(own_database_url):
    """An application on a database that other processes reach as well."""
    app = create_app(databases.settings_for(own_database_url))
    with app.app_context():
        keep_default_policies(clock.now() - 30 * DAY)
        yield app
        db.session.remove()
        db.engine.dispose()


def ask_at_once(url, plans):
    """Let one process ask for each plan, all at one moment, and return their answers."""
    asked = subprocess.run(
        [sys.executable, "-m", "tests.contact_frequency.asking"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        input=json.dumps({"url": url, "plans": plans}),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr[-2000:]
    return json.loads(asked.stdout)


def noon_in_days(days):
    today = clock.now().replace(hour=4, minute=0, second=0, microsecond=0)
    return today + days * DAY


@pytest.mark.heavy
def test_of_fifty_processes_one_gets_the_last_free_slot(own_app, own_database_url):
    customer, beside = make_customer(), make_customer(phone="+8613800009999", person_id="p1")
    same = make_customer(phone="+8613800009998", person_id="p1")
    reserve(make_plan(customer, noon_in_days(2)))
    wanted = {"customer_id": customer.id, "channel": "call", "at": noon_in_days(4).isoformat()}
    persons = [
        {"customer_id": who.id, "channel": "visit", "at": noon_in_days(4).isoformat()}
        for who in (beside, same)
    ]

    answers = ask_at_once(own_database_url, [*([wanted] * PROCESSES), *(persons * 2)])

    last, shared = answers[:PROCESSES], answers[PROCESSES:]
    assert sum(a["slot_id"] is not None for a in shared) == 1
    [winner] = [a["slot_id"] for a in last if a["slot_id"]]
    told = [a for a in last if a["slot_id"] is None]
    assert len(told) == PROCESSES - 1
    for answer in told:
        assert {r["policy_key"] for r in answer["reasons"]} == {"total_7_days", "gap_24_hours"}
        assert answer["next_allowed_at"] == _text(noon_in_days(9))
    assert queries.find_breaches() == []

    in_transaction(contact_frequency.release_slot, winner, reason="cancelled")
    again = reserve(make_plan(customer, noon_in_days(4)))
    assert again.id != winner


def _text(moment):
    return moment.isoformat().replace("+00:00", "Z")


@pytest.mark.heavy
def test_asked_at_once_with_one_source_it_is_one_reservation(own_app, own_database_url):
    customer = make_customer()
    wanted = {
        "customer_id": customer.id,
        "channel": "call",
        "at": noon_in_days(2).isoformat(),
        "source": "planned_call:once",
    }

    answers = ask_at_once(own_database_url, [wanted] * BATCH)

    assert len({a["slot_id"] for a in answers}) == 1
    assert None not in {a["slot_id"] for a in answers}


@pytest.mark.heavy
def test_two_customers_on_one_number_do_not_both_get_it(own_app, own_database_url):
    one = make_customer()
    other = make_customer(phone=one.phone)
    plans = [
        {"customer_id": who.id, "channel": "call", "at": noon_in_days(2).isoformat()}
        for who in (one, other)
    ]

    answers = ask_at_once(own_database_url, plans * (BATCH // 2))

    assert sum(a["slot_id"] is not None for a in answers) == 1
    assert queries.find_breaches() == []


@pytest.mark.heavy
def test_a_couple_on_one_phone_is_greeted_by_one_of_many_processes(own_app, own_database_url):
    """On two days, so that no cap but "said once" stands between the two greetings."""
    one = make_customer()
    other = make_customer(phone=one.phone)
    plans = [
        {
            "customer_id": who.id,
            "channel": "sms",
            "category": "care",
            "at": noon_in_days(days).isoformat(),
            "said_once": "festival:mid_autumn:2026",
        }
        for who, days in ((one, 3), (other, 5))
    ]

    answers = ask_at_once(own_database_url, plans * (BATCH // 2))

    assert sum(a["slot_id"] is not None for a in answers) == 1
