"""Planning a festival for everybody, against plain SQL that inserts the same rows."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from bench.rig import say
from bench.table import Result, at_most
from tests.support import databases

if TYPE_CHECKING:
    from bench.rig import Rig

EVENTS = "care_message_events"
WRITTEN = ("contact_slots", "slot_subjects", "contact_decisions", "care_messages", EVENTS)
PROCESSES = 2
OF_CLAIMS = "LIKE 'ms-%'"  # the slots that the path of claims made


def measure(rig: Rig) -> list[Result]:
    """Measure what `flask care plan` takes for a festival that all customers keep."""
    with rig.connect() as connection:
        connection.execute("SET session_replication_role = replica")  # past the append-only guards
        connection.execute(f"TRUNCATE {EVENTS}, care_messages CASCADE")  # type: ignore[arg-type]
        connection.execute("SET session_replication_role = DEFAULT")
        connection.execute(f"DELETE FROM slot_subjects WHERE slot_id {OF_CLAIMS}")  # type: ignore[arg-type]
        connection.execute(f"DELETE FROM contact_slots WHERE id {OF_CLAIMS}")  # type: ignore[arg-type]
        connection.execute("VACUUM ANALYZE")
    say("planning a festival for everybody …")
    planned, seconds = _plan(rig)
    say("the plain SQL …")
    plain = _insert_plainly(rig)
    ratio = seconds / plain
    wanted, is_met = at_most(4, ratio)
    return [
        Result(
            path=f"plan a festival for {rig.scale.customers:,} customers",
            ours=f"{seconds:.1f} s for {planned:,} messages, {PROCESSES} processes",
            baseline=f"{plain:.1f} s plain SQL, the same rows",
            ratio=ratio,
            target=wanted,
            is_met=is_met,
        )
    ]


def _plan(rig: Rig) -> tuple[int, float]:
    """Plan in this process, a few days before the new year; return the messages and the seconds."""
    from crm_api.app import create_app  # noqa: PLC0415 - the app first
    from crm_api.kit import clock  # noqa: PLC0415
    from crm_api.kit.db import db  # noqa: PLC0415

    now = datetime(datetime.now(UTC).year, 12, 29, 2, tzinfo=UTC)
    real = clock.now, clock.after_lock
    app = create_app(databases.settings_for(rig.url))
    try:
        clock.now, clock.after_lock = lambda: now, lambda _session, **_: now
        runner = app.test_cli_runner()
        with app.app_context():
            # The demo's manager approves the templates: without a second person nobody is greeted.
            runner.invoke(args=["seed", "--demo"], catch_exceptions=False)
            on = _next_festival(now.date()).isoformat()
            command = ["care", "plan", "--processes", str(PROCESSES), "--on", on]
            began = time.perf_counter()
            reply = runner.invoke(args=command, catch_exceptions=False)
            seconds = time.perf_counter() - began
            db.engine.dispose()
    finally:
        clock.now, clock.after_lock = real
    return int(reply.output.split(" planned")[0].split()[-1]), seconds


def _next_festival(today: date) -> date:
    """Return a day within reach whose festival is greeted."""
    from crm_api.calendars import service as calendars  # noqa: PLC0415

    days = calendars.festivals_between(today, today + timedelta(days=7))
    return next(f.on for f in days if not f.is_solemn)


def _insert_plainly(rig: Rig) -> float:
    """Take away what planning wrote and put the same rows back by plain SQL; return seconds."""
    with rig.connect() as connection:
        for table in WRITTEN:
            connection.execute(f"CREATE TABLE kept_{table} AS SELECT * FROM {table} {_ours(table)}")  # type: ignore[arg-type]
        connection.execute("SET session_replication_role = replica")  # past the append-only guards
        for table in WRITTEN:
            connection.execute(f"DELETE FROM {table} {_ours(table)}")  # type: ignore[arg-type]
        connection.execute("SET session_replication_role = DEFAULT")
        connection.execute("VACUUM ANALYZE")
        began = time.perf_counter()
        with connection.transaction():
            for table in WRITTEN:
                connection.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}")  # type: ignore[arg-type]
        return time.perf_counter() - began


def _ours(table: str) -> str:
    slots = "(SELECT slot_id FROM care_messages)"
    return {
        "contact_slots": f"WHERE id IN {slots}",
        "slot_subjects": f"WHERE slot_id IN {slots}",
        "contact_decisions": f"WHERE slot_id IN {slots}",
    }.get(table, "")
