"""Real servers, real gateway processes, real kills."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crm_api.accounts.models import Scope
from crm_api.app import create_app
from crm_api.care.terms import MessageState
from crm_api.contact_frequency import service as contact_frequency
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.care_gateway.factories import make_messages, stored
from tests.factories.accounts import make_client
from tests.support import databases, nearby
from tests.support.server import Server

WORKER = Path(__file__).with_name("worker.py")
pytestmark = pytest.mark.heavy


def where_it_is_noon() -> str:
    """Name a zone in which messages may be sent now, whenever the tests run."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


@pytest.fixture
def field(own_database_url):
    """A server with two processes where it is noon, and its database at hand."""
    zone = where_it_is_noon()
    settings = databases.settings_for(own_database_url, zone=ZoneInfo(zone))
    with create_app(settings).app_context():
        with transaction():
            contact_frequency.ensure_default_policies(now=clock.now())
        server = Server(own_database_url, CRM_TIME_ZONE=zone).start()
        yield server
        server.stop()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def dial(field):
    """Return a way to call the server with a gateway's key; it hangs up in the end."""
    clients = []

    def dial(key):
        headers = {"Authorization": f"Bearer {key}"}
        clients.append(nearby.Client(base_url=field.url, headers=headers, timeout=30))
        return clients[-1]

    yield dial
    for client in clients:
        client.close()


def queue(count, **changes):
    return make_messages(count, send_before=clock.now() + timedelta(hours=2), **changes)


class Process:
    """A worker process of a gateway."""

    def __init__(self, server, key, journal, *, stop_after="", lease_seconds=60):
        self.journal = journal
        said = [server.url, key, str(journal), str(lease_seconds), stop_after]
        self._process = subprocess.Popen([sys.executable, str(WORKER), *said])

    def finish(self):
        assert self._process.wait(60) == 0

    def kill_once_it_says(self, line):
        deadline = time.monotonic() + 30
        while not self.journal.exists() or line not in self.journal.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        self._process.kill()
        self._process.wait()


def submitted(*journals):
    lines = [n for j in journals if j.exists() for n in j.read_text().splitlines()]
    return Counter(line.split()[1] for line in lines if line.startswith("submit"))


def make_key():
    return make_client(Scope.GATEWAY)[1]


def test_workers_in_parallel_never_get_the_same_message(field, tmp_path):
    messages = queue(40)
    keys = [make_key(), make_key()]
    journals = [tmp_path / f"journal{n}" for n in range(4)]

    workers = [Process(field, keys[n % 2], journal) for n, journal in enumerate(journals)]
    for worker in workers:
        worker.finish()

    assert submitted(*journals) == Counter({message.id: 1 for message in messages})
    assert {stored(m).state for m in messages} == {MessageState.SUBMITTED}


def test_killed_between_lease_and_begin_it_goes_out_once(field, tmp_path):
    messages = queue(3)
    killed, other = tmp_path / "killed", tmp_path / "other"

    Process(field, make_key(), killed, stop_after="lease", lease_seconds=2).kill_once_it_says(
        "after lease"
    )
    time.sleep(2.1)
    Process(field, make_key(), other).finish()

    assert submitted(killed, other) == Counter({message.id: 1 for message in messages})


def test_killed_between_begin_and_ack_it_is_offered_to_its_own_gateway_only(field, dial, tmp_path):
    messages = queue(3)
    key, killed, other = make_key(), tmp_path / "killed", tmp_path / "other"

    Process(field, key, killed, stop_after="begin", lease_seconds=2).kill_once_it_says(
        "after begin"
    )
    time.sleep(2.1)
    Process(field, make_key(), other).finish()
    Process(field, key, tmp_path / "same", lease_seconds=2).finish()
    mine = dial(key)
    wish = {"max": 100, "lease_seconds": 60}
    hand = mine.post("/v1/gateway/leases", json=wish).json()

    assert submitted(other, tmp_path / "same") == Counter()
    assert hand["leased"] == []
    # The worker that looked meanwhile may hold them still, for its two seconds.
    time.sleep(2.1)
    recover = hand["recover"] or mine.post("/v1/gateway/leases", json=wish).json()["recover"]
    assert sorted(m["id"] for m in recover) == sorted(m.id for m in messages)
    acks = [
        {"id": m["id"], "lease_token": m["lease"]["token"], "result": "unknown"} for m in recover
    ]
    reply = mine.post("/v1/gateway/acks", json={"acks": acks})
    assert reply.status_code == 200, reply.text
    answers = reply.json()["acks"]
    assert {answer["state"] for answer in answers} == {"uncertain"}
    Process(field, make_key(), other).finish()
    assert submitted(other) == Counter()


def test_after_an_opt_out_commits_nothing_begins(dial):
    """Begin and refusal meet at many offsets; whoever began had begun before the refusal."""
    http, seen = dial(make_key()), Counter()
    for message in queue(12):
        outcome, refused_after, begun_from = race(http)
        seen[outcome] += 1
        if begun_from > refused_after:
            assert outcome == "opted_out"
        state = stored(message).state
        expected = {"submitting": MessageState.SUBMITTING, "opted_out": MessageState.SUPPRESSED}
        assert state is expected[outcome]
        if outcome == "submitting":
            check_closed(http, message)
    assert set(seen) == {"submitting", "opted_out"}, seen


def call(http, name, body):
    """Call the contract; what is busy is asked again, as the answer itself says."""
    for _ in range(20):
        reply = http.post(f"/v1/gateway/{name}", json=body)
        if reply.status_code != 503:
            break
        time.sleep(0.2)
    assert reply.status_code == 200, reply.text
    return reply.json()


def race(http):
    """Let a refusal and a begin run at once; return what begin said, and when each ran."""
    wish = {"max": 1, "lease_seconds": 60}
    [leased] = call(http, "leases", wish)["leased"]
    inbound = {
        "inbound_id": f"in-{leased['id']}",
        "from": leased["to"],
        "to": "10086",
        "text": "TD",
        "received_at": clock.now().isoformat(),
    }
    moments = {}
    offset = random.uniform(-0.04, 0.04)

    def refuse():
        time.sleep(max(0.0, -offset))
        call(http, "inbound", {"messages": [inbound]})
        moments["refused"] = time.monotonic()

    refusal = threading.Thread(target=refuse)
    refusal.start()
    time.sleep(max(0.0, offset))
    begun_from = time.monotonic()
    held = [{"id": leased["id"], "lease_token": leased["lease"]["token"]}]
    [answer] = call(http, "begins", {"messages": held})["messages"]
    refusal.join()
    return answer["code"] or answer["state"], moments["refused"], begun_from


def check_closed(http, message):
    """Check that a second begin by nobody's token cannot follow."""
    held = [{"id": message.id, "lease_token": "nobody"}]
    answer = http.post("/v1/gateway/begins", json={"messages": held}).json()["messages"][0]
    assert answer["code"] == "lease_lost"


def test_killing_the_server_loses_no_answer(field, dial, tmp_path):
    messages = queue(12)
    key, journal = make_key(), tmp_path / "journal"
    http = dial(key)
    leased = http.post("/v1/gateway/leases", json={"max": 6, "lease_seconds": 1}).json()["leased"]
    held = [{"id": m["id"], "lease_token": m["lease"]["token"]} for m in leased]
    http.post("/v1/gateway/begins", json={"messages": held}).raise_for_status()
    acks = [{**one, "result": "submitted"} for one in held[:3]]
    http.post("/v1/gateway/acks", json={"acks": acks}).raise_for_status()

    field.kill()
    field.start()
    time.sleep(1)
    Process(field, key, journal).finish()

    acked = {ack["id"] for ack in acks}
    begun = {one["id"] for one in held}
    states = {m.id: stored(m).state for m in messages}
    assert {states[i] for i in acked} == {MessageState.SUBMITTED}
    assert {states[i] for i in begun - acked} == {MessageState.SUBMITTING}
    assert submitted(journal) == Counter({m.id: 1 for m in messages if m.id not in begun})
