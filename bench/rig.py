"""What a run stands on: a PostgreSQL with a disk that really syncs, and servers on it."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg

from bench.generate import fill
from tests.support import databases
from tests.support.postgres import PostgresServer
from tests.support.server import ROOT, Server, environment, zone_where_it_is_late_morning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.generate import Scale

DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "2GB",
    "max_wal_size": "8GB",
}


# As shipped, but for what would stop a benchmark: request rates, and the hour of the day.
AS_SHIPPED = {
    "CRM_LOG_LEVEL": "INFO",
    "CRM_TIME_ZONE": zone_where_it_is_late_morning(),
    "CRM_GATEWAY_MESSAGES_PER_SECOND": "1000000",
    "CRM_SYNCS_PER_MINUTE": "1000000",
}


class Rig:
    """One PostgreSQL with one filled database."""

    def __init__(self, scale: Scale) -> None:
        self.scale = scale
        self._postgres = PostgresServer(**DURABLE)
        self.url = self.dsn = ""

    def start(self, *, is_filled: bool = True) -> Rig:
        """Make the database, and fill it."""
        self._postgres.start()
        self.url, self.dsn = self.make_database("bench")
        databases.migrate(self.url)
        if not is_filled:
            return self
        began = time.perf_counter()
        fill(self.dsn, self.scale)
        seconds = time.perf_counter() - began
        say(
            f"{self.scale.customers:,} customers, {self.scale.contacts:,} contacts: {seconds:.0f} s"
        )
        return self

    def make_database(self, name: str, *, template: str = "template1") -> tuple[str, str]:
        """Make another database on the same server; return its URL and DSN."""
        with psycopg.connect(self._postgres.dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")  # type: ignore[arg-type]
        return self._postgres.url(name), self._postgres.dsn(name)

    def stop(self) -> None:
        """Leave nothing behind."""
        self._postgres.stop()

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """Return a plain connection, for baselines."""
        return psycopg.connect(self.dsn, autocommit=True)

    @contextmanager
    def serving(self) -> Iterator[int]:
        """Serve the product with the settings it ships; give the port."""
        server = Server(self.url, **AS_SHIPPED).start()
        try:
            yield server.port
        finally:
            server.stop()


@contextmanager
def bare_server(dsn: str = "", *, port: int = 18_431) -> Iterator[int]:
    """Serve the baselines by the same gunicorn settings; give the port."""
    command = [sys.executable, "-m", "gunicorn", "-c", "python:crm_api.config.server"]
    process = subprocess.Popen(
        [*command, "bench.bare:app"],
        cwd=ROOT,
        env=environment("sqlite://", BIND=f"127.0.0.1:{port}", BARE_DSN=dsn),
        stderr=subprocess.DEVNULL,
    )
    time.sleep(2)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(20)


def say(line: str) -> None:
    """Tell the person who waits."""
    print(f"  {line}", file=sys.stderr, flush=True)
