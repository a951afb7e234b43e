"""Two hosts with a journal each, eight workers, all of it killed at every step, on both engines.

Over two thousand messages none is accepted twice by the message centre, none is lost, and every
doubt is on the list of the uncertain or was settled by a report.
"""

from __future__ import annotations

import itertools
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Scope
from crm_api.app import create_app
from crm_api.contact_frequency import service as contact_frequency
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_client
from tests.relay.centre import Centre
from tests.relay.dying import FOR_EACH_MESSAGE, STEPS
from tests.relay.outbox import fill_outbox
from tests.support import databases
from tests.support.server import (
    ROOT,
    Server,
    flask,
    free_port,
    zone_where_it_is_late_morning,
)

MESSAGES = int(os.environ.get("RELAY_MESSAGES", "600"))
# The seed is told when it fails, so that it can be played again.
SEED = int(os.environ.get("RELAY_SEED", str(random.SystemRandom().randrange(10**6))))
UNKIND = {"refuse": 0.01, "lose": 0.01, "hang_up": 0.02, "be_late": 0.005}
OPEN = ("queued", "leased", "submitting")
PATIENCE = 240

pytestmark = pytest.mark.heavy


class Host:
    """A gateway host: a journal, and a relay that is started again whenever it dies."""

    def __init__(self, field, centre, fates, *mutants, name):
        self.journal = field.folder / f"{name}.db"
        self.deaths, self.lives, self.exit_code = [], 0, None
        self._fates, self._mutants, self._name = fates, mutants, name
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "examples"),
            "RELAY_CRM_URL": field.server.url,
            "RELAY_CRM_KEY": make_client(Scope.GATEWAY)[1],
            "RELAY_JOURNAL": str(self.journal),
            "RELAY_BATCH": "50",
            "RELAY_LEASE_SECONDS": "4",
            "RELAY_WAIT_SECONDS": "1",
            "RELAY_SUBMIT_TIMEOUT": "1",
            "RELAY_LOG_LEVEL": "ERROR",
            "RELAY_KANNEL_URL": centre.url,
            "RELAY_LISTEN": f"127.0.0.1:{free_port()}",
        }
        self._is_over = False
        self._process = None
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._live)
        self._thread.start()

    def _live(self):
        while True:
            step, times = next(self._fates, ("never", 1))
            command = [sys.executable, "-m", "tests.relay.dying", step, str(times)]
            with self._turn:
                if self._is_over:
                    return
                self._process = subprocess.Popen(
                    [*command, *self._mutants], cwd=ROOT, env=self._environment
                )
            self.lives += 1
            self.exit_code = self._process.wait()
            if self.exit_code != -9:
                return
            self.deaths.append(step)

    @property
    def is_broken(self):
        return not self._thread.is_alive()

    def stop(self):
        """Send TERM, and let it finish."""
        with self._turn:
            self._is_over = True
            self._process.terminate()
        self._thread.join()

    def attempts(self):
        with sqlite3.connect(self.journal) as rows:
            return rows.execute("SELECT message_id, state, is_told FROM attempts").fetchall()


class Field:
    """The server where it is late morning, its database, and a folder for journals."""

    def __init__(self, url, folder, zone):
        self.database, self.folder, self.zone = url, folder, zone
        rate = {"CRM_GATEWAY_MESSAGES_PER_SECOND": "1000000"}
        self.server = Server(url, CRM_TIME_ZONE=zone, **rate)

    def sql(self, statement):
        """Run a statement past the product, whose own would wait for the writers' lock."""
        engine = sa.create_engine(self.database)
        try:
            with engine.begin() as connection:
                result = connection.execute(sa.text(statement))
                return result.all() if result.returns_rows else []
        finally:
            engine.dispose()

    def states(self):
        return dict(tuple(row) for row in self.sql("SELECT id, state FROM care_messages"))

    def flask(self, *arguments):
        done = flask(self.database, *arguments, CRM_TIME_ZONE=self.zone)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def wait_until_settled(self, hosts):
        deadline = time.monotonic() + PATIENCE
        while left := Counter(s for s in self.states().values() if s in OPEN):
            assert not any(host.is_broken for host in hosts), [host.exit_code for host in hosts]
            assert time.monotonic() < deadline, left
            time.sleep(0.5)


@pytest.fixture
def field(own_database_url, tmp_path):
    zone = zone_where_it_is_late_morning()
    settings = databases.settings_for(own_database_url, zone=ZoneInfo(zone))
    with create_app(settings).app_context():
        with transaction():
            contact_frequency.ensure_default_policies(now=clock.now())
        field = Field(own_database_url, tmp_path, zone)
        field.server.start()
        yield field
        field.server.stop()
        db.session.remove()
        db.engine.dispose()


def fates(rng):
    """Return a death for each step, in any order: soon, or amidst a batch."""
    for step in rng.sample(STEPS, len(STEPS)):
        is_often = step.split()[1] in FOR_EACH_MESSAGE
        yield step, rng.randrange(1, 80) if is_often else rng.randrange(1, 4)


def test_none_twice_and_none_lost(field, record_property):
    record_property("RELAY_SEED", SEED)
    rng = random.Random(SEED)
    ids = set(fill_outbox(MESSAGES))
    with Centre(free_port(), random.Random(rng.random()), **UNKIND) as centre:
        hosts = [
            Host(field, centre, fates(random.Random(rng.random())), name=name)
            for name in ("north", "south")
        ]
        try:
            _kill_the_server(field, rng)
            field.wait_until_settled(hosts)
        finally:
            for host in hosts:
                host.stop()
    _check(field, ids, centre, hosts)


def _kill_the_server(field, rng):
    """Twice while they work."""
    for _ in range(2):
        time.sleep(rng.uniform(1, 4))
        field.server.kill()
        field.server.start()


def _check(field, ids, centre, hosts):
    assert [host.exit_code for host in hosts] == [0, 0]
    field.flask("care-gateway", "sweep")
    states = field.states()
    assert set(states) == ids
    assert {i: n for i, n in centre.accepted.items() if n > 1} == {}
    reached = {"submitted", "delivered", "undelivered", "uncertain"}
    assert {i: states[i] for i in centre.accepted if states[i] not in reached} == {}
    never = ids - set(centre.accepted)
    assert {i: states[i] for i in never if states[i] not in ("rejected", "uncertain")} == {}
    assert {i for i in ids if states[i] == "rejected"} <= centre.refused
    _check_doubts(states, hosts)
    field.flask("contact-frequency", "audit")


def _check_doubts(states, hosts):
    attempts = list(itertools.chain(*(host.attempts() for host in hosts)))
    assert [a for a in attempts if not a[2]] == []
    doubtful = {i for i, state, _ in attempts if state == "unknown"}
    settled = {"submitted", "delivered", "undelivered"}
    assert {i: states[i] for i in doubtful if states[i] not in settled | {"uncertain"}} == {}
    assert {i for i, state in states.items() if state == "uncertain"} <= doubtful
    assert doubtful
