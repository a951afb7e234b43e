"""The real server where it is late morning, and relays on hosts of their own."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter

import sqlalchemy as sa

from crm_api.accounts.models import Role, Scope
from tests.factories.accounts import make_client, make_staff, make_token
from tests.support.callers import Caller
from tests.support.server import ROOT, Server, free_port

OPEN = ("queued", "leased", "submitting")
PATIENCE = 90


class Field:
    """The server, its database, and a folder for journals."""

    def __init__(self, app, url, folder, zone):
        self.app, self.database, self.folder = app, url, folder
        rate = {"CRM_GATEWAY_MESSAGES_PER_SECOND": "1000000"}
        self.server = Server(url, CRM_TIME_ZONE=zone, **rate)

    def sql(self, statement):
        """Run a statement past the product, whose own would wait for the writers' lock."""
        engine = sa.create_engine(self.database)
        try:
            with engine.begin() as connection:
                return connection.execute(sa.text(statement)).all()
        finally:
            engine.dispose()

    def states(self):
        return dict(tuple(row) for row in self.sql("SELECT id, state FROM care_messages"))

    def uncertain(self):
        """Return what managers find on the list of messages that may have been sent."""
        reader = Caller(self.app.test_client(), make_token(make_staff(Role.ADMIN)))
        found, query = [], {"state": "uncertain", "limit": 100}
        while True:
            page = reader.get("/v1/stuck-care-messages", query_string=query).json
            found += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                return set(found)
            query["cursor"] = page["next_cursor"]

    def flask(self, *arguments):
        done = self.app.test_cli_runner().invoke(args=arguments)
        assert done.exit_code == 0, done.output
        return done.output

    def wait_until_settled(self, hosts):
        """Wait until no message is on its way; give up where nothing moves any more."""
        seen, moved_at = None, time.monotonic()
        while left := Counter(state for state in self.states().values() if state in OPEN):
            broken = [host.log.read_text()[-3000:] for host in hosts if host.is_broken]
            assert not broken, broken
            if left != seen:
                seen, moved_at = left, time.monotonic()
            assert time.monotonic() < moved_at + PATIENCE, left
            time.sleep(0.2)


def wait_until(is_true):
    deadline = time.monotonic() + PATIENCE
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.2)


class Host:
    """A gateway host: a journal, and a relay that is started again whenever it dies.

    `fates` are the steps at which its lives end, one after the other; `None` is a long life.
    """

    def __init__(self, field, *, name, fates=(), mutants=(), **settings):
        self.journal, self.log = field.folder / f"{name}.db", field.folder / f"{name}.log"
        self.deaths, self.exit_code = [], None
        self._fates, self._mutants = iter(fates), mutants
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "examples"),
            "RELAY_CRM_URL": field.server.url,
            "RELAY_CRM_KEY": make_client(Scope.GATEWAY)[1],
            "RELAY_JOURNAL": str(self.journal),
            "RELAY_WAIT_SECONDS": "1",
            "RELAY_LISTEN": f"127.0.0.1:{free_port()}",
            **{f"RELAY_{key.upper()}": str(value) for key, value in settings.items()},
        }
        self._is_over = False
        self._process = None
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._live)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        """Send TERM, and let it finish; where its fate was quicker, in one life more.

        One that still lives after all patience is killed: its exit code then tells of it.
        """
        with self._turn:
            self._is_over = True
        deadline = time.monotonic() + PATIENCE
        while self._thread.is_alive():
            if self._process and time.monotonic() < deadline:
                self._process.terminate()
            elif self._process:
                self._process.kill()
            self._thread.join(PATIENCE / 3)
        while self.exit_code in (-signal.SIGKILL, -signal.SIGTERM) and time.monotonic() < deadline:
            self._live_once_more()

    def _live_once_more(self):
        before, process = self._starts(), self._start("gateway_relay")
        wait_until(lambda: self._starts() > before or process.poll() is not None)
        process.terminate()
        self.exit_code = process.wait(PATIENCE)

    def _starts(self):
        return self.log.read_text().count('"started"') if self.log.exists() else 0

    def _start(self, *program):
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *program], cwd=ROOT, env=self._environment, stderr=log
            )

    def _live(self):
        while True:
            fate = next(self._fates, None)
            program = ["tests.relay.dying", *map(str, fate)] if fate else ["gateway_relay"]
            with self._turn:
                if self._is_over:
                    return
                self._process = self._start(*program, *(self._mutants if fate else ()))
            self.exit_code = self._process.wait()
            if self.exit_code != -signal.SIGKILL:
                return
            self.deaths.append(fate[0])

    @property
    def is_broken(self):
        return not self._thread.is_alive()

    def attempts(self):
        with sqlite3.connect(self.journal) as rows:
            return rows.execute("SELECT message_id, state, is_told FROM attempts").fetchall()
