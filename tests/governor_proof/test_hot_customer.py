"""The budgets of a customer whom sixteen writers want at once stay exact.

`GOVERNOR_RACE_SECONDS=60` races for a minute.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa

from crm_api.app import create_app
from crm_api.kit import clock
from crm_api.kit.db import db
from tests.factories.accounts import make_staff, make_token
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer
from tests.governor_proof import hot
from tests.governor_proof.test_races import HALF_WRITTEN, assert_audit_is_clean
from tests.support import nearby
from tests.support.databases import settings_for
from tests.support.server import ROOT, Server, zone_where_it_is_late_morning

pytestmark = pytest.mark.heavy

SECONDS = float(os.environ.get("GOVERNOR_RACE_SECONDS", "12"))
SLOW = 30  # seconds: a writer that waited longer for one answer was left out
DAY = 86_400_000_000
CAPS = {"gap_24_hours": (1, DAY), "total_7_days": (2, 7 * DAY)}
COUNTED = """
    SELECT DISTINCT t.slot_id, t.effective_micros, s.category FROM slot_subjects t
    JOIN contact_slots s ON s.id = t.slot_id
    WHERE t.subject_kind = 'customer' AND t.counting <> 'none'
    ORDER BY t.effective_micros, t.slot_id"""


def race(url, folder):
    run = subprocess.run(
        [sys.executable, "-m", "tests.governor_proof.hot", url, str(SECONDS), str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS + 200,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    lines = [line for log in folder.iterdir() for line in log.read_text().splitlines()]
    return json.loads(run.stdout), [json.loads(line) for line in lines if line.endswith("]")]


def rows(url, statement):
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(sa.text(statement)).all()
    engine.dispose()
    return found


def test_sixteen_writers_keep_the_budget_of_one_customer(own_database_url, tmp_path):
    folder = tmp_path / "said"
    folder.mkdir()

    ended, deeds = race(own_database_url, folder)

    assert ended["stuck"] == 0
    assert [d for d in deeds if "unexpected" in str(d[1])] == []
    assert_no_budget_is_exceeded(own_database_url)
    assert_audit_is_clean(own_database_url)
    assert_nothing_is_lost_or_doubled(own_database_url, deeds, killed=ended["killed"])
    assert_it_was_a_race(deeds)


def assert_no_budget_is_exceeded(url):
    """Count by hand: no more than a cap allows, unless somebody recorded why."""
    why = {
        (slot, key) for slot, key in rows(url, "SELECT slot_id, policy_key FROM contact_overruns")
    }
    counted = rows(url, COUNTED)
    for key, (allowed, width) in CAPS.items():
        for first in range(len(counted) - allowed):
            run = counted[first : first + allowed + 1]
            if run[-1].effective_micros - run[0].effective_micros < width:
                assert any((slot.slot_id, key) in why for slot in run), (key, run)


def assert_nothing_is_lost_or_doubled(url, deeds, *, killed):
    told = {d[1]["slot"] for d in deeds if isinstance(d[1], dict)}
    kept = {row.id for row in rows(url, "SELECT id FROM contact_slots")}
    assert told <= kept
    assert len(kept - told) <= killed  # answered to nobody: the process died before it could tell
    living = "SELECT source, id FROM contact_slots WHERE source IS NOT NULL AND state = 'reserved'"
    sources = Counter(row.source for row in rows(url, living))
    assert all(many == 1 for many in sources.values())
    for statement in HALF_WRITTEN.values():
        if "'visit'" not in statement:
            assert rows(url, statement)[0][0] == 0, statement


def assert_it_was_a_race(deeds):
    answers = Counter(
        "done" if d[1] is None or isinstance(d[1], dict) else str(d[1]) for d in deeds
    )
    assert answers["done"] > hot.WRITERS
    assert answers["ContactBlocked"] > hot.WRITERS
    assert max(d[2] for d in deeds) < SLOW


@pytest.fixture
def customer_and_token(own_database_url):
    app = create_app(settings_for(own_database_url))
    with app.app_context():
        keep_default_policies(clock.now() - timedelta(days=365))
        owner = make_staff()
        customer, token = make_customer(owner), make_token(owner)
        found = customer.id, token
        db.session.remove()
        db.engine.dispose()
    return found


def test_over_http_too(own_database_url, customer_and_token):
    customer_id, token = customer_and_token
    server = Server(own_database_url, CRM_TIME_ZONE=zone_where_it_is_late_morning()).start()
    until, answers = time.monotonic() + min(SECONDS, 8), []
    try:
        writers = [
            threading.Thread(target=_ask, args=(server.url, token, customer_id, n, until, answers))
            for n in range(hot.WRITERS)
        ]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
    finally:
        server.stop()

    statuses = Counter(status for status, _ in answers)
    assert set(statuses) <= {201, 409, 503}, statuses
    made = [body["id"] for status, body in answers if status == 201]
    kept = rows(own_database_url, "SELECT id FROM contact_slots")
    assert {row.id for row in kept} >= set(made)
    assert len(made) == len(set(made))
    assert statuses[409] > 0
    counted = rows(own_database_url, COUNTED)
    assert all(b.effective_micros - a.effective_micros >= DAY for a, b in pairwise(counted))
    assert_no_budget_is_exceeded(own_database_url)
    assert_audit_is_clean(own_database_url)


def _ask(url, token, customer_id, n, until, answers):  # noqa: PLR0917 - a thread's arguments
    headers = {"Authorization": f"Bearer {token}"}
    with nearby.Client(base_url=url, headers=headers, timeout=60) as client:
        turn = 0
        while time.monotonic() < until:
            turn += 1
            at = datetime.now(UTC) + timedelta(days=1 + (n * 7 + turn * 3) % 100)
            body = {"customer_id": customer_id, "channel": "call", "category": "service"}
            reply = client.post("/v1/contact-reservations", json={**body, "at": at.isoformat()})
            answers.append((reply.status_code, reply.json()))
