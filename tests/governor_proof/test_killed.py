"""kill -9 between any two steps: nothing is half written, and a repeat is the same contact."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import sqlalchemy as sa

from crm_api.app import create_app
from crm_api.kit import clock
from crm_api.kit.db import db
from tests.factories.accounts import make_staff, make_token
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer
from tests.governor_proof.killed import USE_CASES
from tests.governor_proof.test_races import HALF_WRITTEN, assert_audit_is_clean, count
from tests.support import nearby
from tests.support.databases import settings_for
from tests.support.server import ROOT, Server, zone_where_it_is_late_morning

pytestmark = pytest.mark.heavy
FEWEST_STEPS = 3  # a reservation is three statements and the commit
REQUESTS = 16


def test_whoever_dies_at_whatever_step_leaves_nothing_half_done(own_database_url):
    run = subprocess.run(
        [sys.executable, "-m", "tests.governor_proof.killed", own_database_url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert run.returncode == 0, run.stderr[-3000:]

    found = json.loads(run.stdout)

    assert set(found) == set(USE_CASES)
    for name, became in found.items():
        assert became.pop("deaths") > FEWEST_STEPS, name
        assert became == {
            "torn": [],
            "changed_by_repeating": False,
            "answers": 1,
            "breaches": 0,
        }, name
    torn = [
        what
        for what, many in zip(
            HALF_WRITTEN, count(own_database_url, *HALF_WRITTEN.values()), strict=True
        )
        if many
    ]
    assert torn == []
    assert_audit_is_clean(own_database_url)


def test_a_server_that_dies_with_all_its_requests_is_asked_again(
    own_database_url, customers_and_token
):
    """Each request goes on with its own key until it is answered, over two power cuts."""
    customers, token = customers_and_token
    server = Server(own_database_url, CRM_TIME_ZONE=zone_where_it_is_late_morning()).start()
    answers = {}
    askers = [
        threading.Thread(target=_insist, args=(server.url, token, customer_id, answers))
        for customer_id in customers
    ]
    try:
        for asker in askers:
            asker.start()
        for seconds in (0.2, 0.5):
            time.sleep(seconds)
            server.kill()
            server.start()
        for asker in askers:
            asker.join(60)
    finally:
        server.stop()

    assert answers.keys() == set(customers)
    assert all(first == again for first, again in answers.values())
    engine = sa.create_engine(own_database_url)
    with engine.connect() as connection:
        kept = list(connection.execute(sa.text("SELECT customer_id, id FROM contact_slots")))
    engine.dispose()
    assert sorted(map(tuple, kept)) == sorted((c, a[0]) for c, a in answers.items())
    assert_audit_is_clean(own_database_url)


@pytest.fixture
def customers_and_token(own_database_url):
    app = create_app(settings_for(own_database_url))
    with app.app_context():
        keep_default_policies(clock.now() - timedelta(days=365))
        owner = make_staff()
        found = [make_customer(owner).id for _ in range(REQUESTS)], make_token(owner)
        db.session.remove()
        db.engine.dispose()
    return found


def _insist(url, token, customer_id, answers):
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"key-{customer_id}"}
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    body = {"customer_id": customer_id, "channel": "call", "category": "service"}
    said = []
    deadline = time.monotonic() + 50
    while len(said) < 2 and time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            reply = nearby.post(
                f"{url}/v1/contact-reservations",
                json={**body, "at": at.isoformat()},
                headers=headers,
                timeout=20,
            )
            if reply.status_code == 201:
                said.append(reply.json()["id"])
        time.sleep(0.05)
    answers[customer_id] = tuple(said)
