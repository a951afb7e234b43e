"""One festival week, told over HTTP against the real server, on both engines.

Subscribers come in from a file, visits and greetings are planned, visits made, messages pulled by
two gateways of which one dies between begin and ack, an opt-out arrives in between, and meanwhile
the server is killed at random. At the end nothing that was acknowledged is missing, nothing is
half-written, no cap is broken and nobody heard anything twice.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import threading
import time
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.story.caller import Patient, ok
from tests.support.server import (
    ROOT,
    Server,
    environment,
    flask,
    zone_where_it_is_late_morning,
)

SUBSCRIBERS = 7043
MANAGERS = 6
VISITS_EACH = 8
PASSWORD = "story-only-2026"
PULLED = 200
DIES_AFTER = 25
# The seed is told when the story fails, so that it can be told again.
SEED = int(os.environ.get("STORY_SEED", str(random.SystemRandom().randrange(10**6))))

pytestmark = pytest.mark.heavy(minutes=5)


class Chaos:
    """Kills the server with everything in it, and starts it again."""

    def __init__(self, server: Server, rng: random.Random) -> None:
        self.server, self.rng, self.deaths = server, rng, 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._rage)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    def _rage(self):
        while not self._done.wait(self.rng.uniform(3, 7)):
            self.server.kill()
            self.deaths += 1
            self.server.start()


class Day:
    """The state of the story: who is there, and what was acknowledged."""

    def __init__(self, url, server, folder, zone):
        self.database, self.server, self.folder, self.zone = url, server, folder, zone
        self.recorded: dict[str, str] = {}
        self.contacts: dict[str, str] = {}

    def flask(self, *arguments):
        done = flask(self.database, *arguments, CRM_TIME_ZONE=self.zone)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def sign_in(self, login, password):
        body = {"login": login, "password": password, "device_id": f"phone-{login}"}
        answer = ok(Patient(self.server.url).post("/v1/sign-ins", body))
        return Patient(self.server.url, answer["access_token"])

    def sql(self, statement, **values):
        engine = sa.create_engine(self.database)
        try:
            with engine.begin() as connection:
                result = connection.execute(sa.text(statement), values)
                return result.all() if result.returns_rows else []
        finally:
            engine.dispose()


@pytest.fixture
def day(own_database_url, tmp_path):
    zone = zone_where_it_is_late_morning()
    server = Server(own_database_url, CRM_TIME_ZONE=zone).start()
    yield Day(own_database_url, server, tmp_path, zone)
    server.stop()


def test_the_day(day, record_property):
    record_property("STORY_SEED", SEED)
    rng = random.Random(SEED)
    people = _open_the_district(day)
    _import_the_subscribers(day, people["admin"])
    _plan_the_festival(day, people)
    portfolios = _portfolios(day, people)
    with Chaos(day.server, rng) as chaos, ThreadPoolExecutor(1) as meanwhile:
        pulled = meanwhile.submit(_pull_messages, day)
        _plan_and_make_visits(day, portfolios, rng)
        opted_out = pulled.result()
    assert chaos.deaths >= 2, "the server was hardly disturbed"
    _check_visits(day, portfolios)
    _check_messages(day, opted_out)
    assert "0 chains broken" in day.flask("contacts", "verify")
    day.flask("contact-frequency", "audit")
    assert "0 feeds are wrong" in day.flask("sync", "verify")


def _open_the_district(day):
    day.flask("seed")
    said = day.flask(
        "accounts", "create-admin", "--login", "story-admin", "--name", "Story", "--generate"
    )
    admin = day.sign_in("story-admin", said.split()[-1])
    root = ok(admin.get("/v1/teams"))["items"][0]["id"]
    team = ok(admin.post("/v1/teams", {"name": "Story team", "parent_id": root}))["id"]
    logins = [("story-manager", "manager")]
    logins += [(f"story-{n}", "account_manager") for n in range(MANAGERS)]
    people = {"admin": admin}
    for login, role in logins:
        body = {"login": login, "name": login, "role": role, "team_id": team}
        person = ok(admin.post("/v1/staff", body))
        code = ok(admin.post(f"/v1/staff/{person['id']}/reset-codes"))["code"]
        reset = {"login": login, "code": code, "new_password": PASSWORD}
        assert Patient(day.server.url).post("/v1/password-resets", reset).is_success
        people[login] = day.sign_in(login, PASSWORD)
    return people


def _import_the_subscribers(day, admin):
    """Send the file, work it off, kill the worker in the middle, and let another go on."""
    samples = ROOT / "seeds" / "samples"
    mapping = tomllib.loads((samples / "telco_churn.mapping.toml").read_text())
    content = (samples / "telco_churn.csv").read_bytes()
    # The sample names no owners: deal the subscribers out among the account managers.
    lines = content.decode().splitlines()
    dealt = [f"{line},story-{n % MANAGERS}" for n, line in enumerate(lines[1:])]
    mapping["fields"]["owner_login"] = "owner"
    file = "\n".join([f"{lines[0]},owner", *dealt]).encode()
    upload = {"files": {"file": ("subscribers.csv", file, "text/csv")}}
    sent = ok(
        admin.ask(
            "POST",
            "/v1/customer-imports",
            data={"mapping": json.dumps(mapping, default=str)},
            **upload,
        )
    )
    command = [sys.executable, "-m", "flask", "--app", "crm_api.app", "customers", "work-imports"]
    settings = environment(day.database, CRM_TIME_ZONE=day.zone)
    worker = subprocess.Popen(command, cwd=ROOT, env=settings, stderr=subprocess.DEVNULL)
    while not day.sql("SELECT 1 FROM customers LIMIT 1"):
        assert worker.poll() is None, "the worker gave up"
        time.sleep(0.1)
    worker.kill()
    worker.wait()
    deadline = time.monotonic() + 240
    while (state := ok(admin.get(f"/v1/customer-imports/{sent['id']}")))["status"] != "finished":
        assert time.monotonic() < deadline, state
        subprocess.run(command, cwd=ROOT, env=settings, check=True, capture_output=True)
        time.sleep(1)
    assert day.sql("SELECT count(*) FROM customers")[0][0] == SUBSCRIBERS


def _plan_the_festival(day, people):
    """Proclaim a festival for today, have words for it approved, and plan it in two processes."""
    today = datetime.now(UTC).astimezone(_zone(day.zone)).date()
    notice = day.folder / "festivals.toml"
    notice.write_text(
        f'[[festivals]]\nkey = "story"\nname = "演示节"\nname_en = "Story day"\nrule = "solar"\n'
        f'month = {today.month}\nday = {today.day}\ntone = "joyful"\nrank = 50\n'
    )
    day.flask("calendars", "load-festivals", str(notice))
    manager, admin = people["story-manager"], people["admin"]
    for words in ("愿您节日舒心", "祝您阖家安康"):
        template = ok(
            manager.post(
                "/v1/care-templates",
                {
                    "name": words,
                    "occasion": "festival",
                    "festival_key": "story",
                    "text": f"【演示通信】{{salutation}}，{words}。拒收请回复R",
                },
            )
        )
        at = f"/v1/care-templates/{template['id']}/versions/1"
        ok(manager.put(f"{at}/submission"))
        ok(admin.put(f"{at}/approval"))
    with ThreadPoolExecutor(2) as pool:
        planned = pool.map(lambda _: day.flask("care", "plan", "--on", today.isoformat()), range(2))
        counts = [int(re.search(r"(\d+) planned,", said)[1]) for said in planned]
    queued = day.sql("SELECT count(*) FROM care_messages")[0][0]
    assert sum(counts) == queued > SUBSCRIBERS * 0.9, counts


def _zone(name):
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def _portfolios(day, people):
    """Return a caller and some customers for each account manager."""
    # The festival greets them today; leave them out of it, so that a visit is allowed.
    found = {}
    for n in range(MANAGERS):
        caller = people[f"story-{n}"]
        phone = {"X-Device-Id": f"phone-story-{n}", "X-App-Version": "1.0.0"}
        ok(caller.ask("GET", "/v1/sync/pull", extra=phone))
        page = ok(caller.get("/v1/customers", limit=VISITS_EACH))
        found[f"story-{n}"] = (caller, [c["id"] for c in page["items"]])
    ids = [c for _, customers in found.values() for c in customers]
    messages = day.sql(
        f"SELECT id FROM care_messages WHERE customer_id IN ({', '.join(repr(i) for i in ids)})"
    )
    for (message_id,) in messages:
        reason = {"reason": "We visit them today."}
        ok(people["story-manager"].put(f"/v1/care-messages/{message_id}/cancellation", reason))
    return found


def _plan_and_make_visits(day, portfolios, rng):
    with ThreadPoolExecutor(MANAGERS) as pool:
        jobs = [
            pool.submit(_a_managers_day, day, caller, customers, random.Random(rng.random()))
            for caller, customers in portfolios.values()
        ]
        for job in jobs:
            job.result()


def _a_managers_day(day, caller, customers, rng):
    for customer_id in customers:
        visit_id = f"visit-{customer_id}"[:64]
        starts = datetime.now(UTC) + timedelta(minutes=rng.randrange(10, 60))
        plan = {
            "id": visit_id,
            "customer_id": customer_id,
            "place": "示范路 8 号",
            "starts_at": starts.isoformat(),
            "ends_at": (starts + timedelta(hours=1)).isoformat(),
            "objectives": [{"id": f"o-{customer_id}"[:64], "text": "Learn who decides."}],
        }
        ok(caller.post("/v1/visits", plan))
        at = f"/v1/visits/{visit_id}"
        ok(caller.put(f"{at}/confirmation", {"by": "the customer", "how": "call"}))
        ok(caller.put(f"{at}/check-in", {}))
        ok(caller.put(f"{at}/check-out", {}))
        record = {
            "summary": f"Story of {customer_id}.",
            "objectives": [{"id": f"o-{customer_id}"[:64], "outcome": "met"}],
            "leave_alone": {"until": "2099-01-01", "reason": "The story ends."},
        }
        ok(caller.put(f"{at}/record", record))
        day.recorded[visit_id] = customer_id


def _pull_messages(day):
    """Let two gateways pull; one dies between begin and ack and comes back; an opt-out arrives."""
    # The greetings spread over the day; for the story some are due at once, and the rest later.
    day.sql(
        "UPDATE care_messages SET due_at = :later WHERE state = 'queued'",
        later=_stored(day, datetime.now(UTC) + timedelta(hours=2)),
    )
    day.sql(
        "UPDATE care_messages SET due_at = :now WHERE id IN (SELECT id FROM care_messages"
        " WHERE state = 'queued' ORDER BY id LIMIT :some)",
        now=_stored(day, datetime.now(UTC) - timedelta(minutes=1)),
        some=PULLED,
    )
    keys = []
    for name in ("north", "south"):
        said = day.flask("accounts", "create-client", "--name", name, "--scope", "gateway")
        keys.append(said.split()[-1])
    workers = [
        _worker(day, n, key, **({"DIE_AFTER": str(DIES_AFTER)} if n else {}))
        for n, key in enumerate(keys)
    ]
    number, message_id = day.sql(
        "SELECT number, id FROM care_messages WHERE state = 'queued' AND due_at <= :now"
        " ORDER BY priority DESC, due_at DESC, id DESC LIMIT 1",
        now=_stored(day, datetime.now(UTC)),
    )[0]
    gateway = Patient(day.server.url, keys[0])
    inbound = {
        "inbound_id": "story-1",
        "from": number,
        "to": "10086",
        "text": " \uff54\uff44\u3002",
        "received_at": datetime.now(UTC).isoformat(),
    }
    ok(gateway.post("/v1/gateway/inbound", {"messages": [inbound]}))
    sent_before = {e["id"] for e in _centre(day)}
    assert workers[1].wait(180) == -9, "the second gateway was to die"
    workers[1] = _worker(day, 1, keys[1])
    for worker in workers:
        assert worker.wait(300) == 0
    return number, message_id, message_id in sent_before


def _worker(day, n, key, **changes):
    folder = day.folder / f"gateway-{n}"
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "tests.story.gateway_worker", day.server.url, key]
    return subprocess.Popen(
        [*command, str(folder), str(day.folder / "centre")],
        cwd=ROOT,
        env={**os.environ, **changes},
    )


def _centre(day):
    path = Path(day.folder / "centre")
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _stored(day, moment):
    return moment.replace(tzinfo=None).isoformat(" ") if "sqlite" in day.database else moment


def _check_visits(day, portfolios):
    assert len(day.recorded) == MANAGERS * VISITS_EACH
    for caller, customers in portfolios.values():
        for customer_id in customers:
            contacts = ok(caller.get(f"/v1/customers/{customer_id}/contacts"))["items"]
            visits = [c for c in contacts if c["channel"] == "visit"]
            told = [v for v in visits if v["summary"] == f"Story of {customer_id}."]
            assert len(told) == 1, f"{customer_id}: {visits}"
    states = day.sql("SELECT status, count(*) FROM visits GROUP BY status")
    assert dict(states) == {"recorded": len(day.recorded)}


def _check_messages(day, opted_out):
    number, message_id, was_sent = opted_out
    sent = _centre(day)
    twice = [i for i, n in Counter(e["id"] for e in sent).items() if n > 1]
    assert twice == []
    if not was_sent:
        assert number not in {e["to"] for e in sent}
        assert day.sql("SELECT state FROM care_messages WHERE id = :id", id=message_id) == [
            ("suppressed",)
        ]
    states = dict(day.sql("SELECT id, state FROM care_messages WHERE state <> 'queued'"))
    reached = {i for i, s in states.items() if s in ("submitted", "delivered")}
    doubtful = {i for i, s in states.items() if s == "uncertain"}
    assert {e["id"] for e in sent} <= reached | doubtful
    assert len(doubtful) >= 1, "the gateway that died left a doubt"
    assert "submitting" not in states.values()
    assert len(sent) >= PULLED - 1 - len(doubtful)
