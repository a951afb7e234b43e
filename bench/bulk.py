"""The paths that machines run in bulk, against the plain SQL that does the same to the tables."""

from __future__ import annotations

import multiprocessing
import time
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson
import psycopg

from bench import people
from bench.load import Connection, request
from bench.rig import say
from bench.table import Result, at_least, at_most

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.rig import Rig

WORKERS = 4
WRITTEN = ("contact_slots", "slot_subjects", "contact_decisions", "care_messages")
EVENTS = "care_message_events"
PLAIN_CLAIM = """
WITH due AS (
  SELECT id FROM claimable WHERE state = 'queued' AND due_at <= now()
  ORDER BY priority, due_at, id LIMIT 100 FOR UPDATE SKIP LOCKED
)
UPDATE claimable m
SET state = 'leased', lease_token_hash = md5(m.id), lease_epoch = lease_epoch + 1,
    lease_expires_at = now() + interval '60 seconds', gateway_id = 'gateway'
FROM due WHERE m.id = due.id
RETURNING m.id, m.number, m.text, m.sender, m.encoding, m.segments, m.priority, m.send_before
"""
CLAIMABLE = 40_000
OUTBOX = """
INSERT INTO care_templates (id, name, occasion, category, created_at)
VALUES ('bench', 'bench', 'festival', 'care', now());
INSERT INTO contact_slots (id, customer_id, channel, category, state, counting, effective_at,
                           planned_at, endpoint, source, is_agreed, tier, judged_at,
                           needs_new_plan, is_late, needs_look, created_at)
SELECT 'ms-' || n, 'c-' || n, 'sms', 'care', 'reserved', 'full', now(), now(), phone,
       'care_message:m-' || n, false, 'standard', now(), false, false, false, now()
FROM generate_series(1, {many}) n JOIN customers ON customers.id = 'c-' || n;
INSERT INTO care_messages (id, state, reason, customer_id, slot_id, occasion, occurrence, on_day,
                           category, template_id, template_version, priority, due_at, send_before,
                           number, sender, text, encoding, segments, attempt, idle_leases,
                           lease_epoch, lease_worker, created_at)
SELECT 'm-' || n, 'queued', '', 'c-' || n, 'ms-' || n, 'festival', 'bench:' || n, current_date,
       'care', 'bench', 1, 5, now() - interval '1 minute', now() + interval '4 hours', phone,
       '', '【演示通信】' || name || '，节日快乐！退订回T', 'ucs2', 1, 0, 0, 0, '', now()
FROM generate_series(1, {many}) n JOIN customers ON customers.id = 'c-' || n;
ANALYZE care_messages;
CREATE TABLE claimable (LIKE care_messages INCLUDING ALL);
INSERT INTO claimable SELECT * FROM care_messages;
VACUUM ANALYZE claimable;
"""


def measure_claims(rig: Rig) -> list[Result]:
    """Measure leases of 100 over HTTP against the plain claim by as many connections."""
    say("the outbox …")
    with rig.connect() as connection:
        for statement in OUTBOX.format(many=min(CLAIMABLE, rig.scale.customers)).split(";\n"):
            if statement.strip():
                connection.execute(statement)  # type: ignore[arg-type]
    say("the plain claim …")
    plain = _together(_claim_plainly, rig.dsn)
    key = people.gateway_key(rig)
    say("leases …")
    with rig.serving() as port:
        ours = _together(_lease, (port, key))
    ratio = ours / plain
    wanted, is_met = at_least(0.1, ratio)
    return [
        Result(
            path="claim 100 messages",
            ours=f"{ours:.0f} messages/s",
            baseline=f"{plain:.0f} messages/s plain SQL",
            ratio=ratio,
            target=wanted,
            is_met=is_met,
        )
    ]


def _together(work: Any, argument: Any) -> float:
    """Run the work in some processes until nothing is left; return messages a second."""
    context = multiprocessing.get_context("fork")
    with context.Pool(WORKERS) as pool:
        began = time.perf_counter()
        counts = pool.map(work, [argument] * WORKERS)
        return sum(counts) / (time.perf_counter() - began)


def _claim_plainly(dsn: str) -> int:
    claimed = 0
    with psycopg.connect(dsn, autocommit=True) as connection:
        while rows := connection.execute(PLAIN_CLAIM).fetchall():
            claimed += len(rows)
    return claimed


def _lease(where: tuple[int, str]) -> int:
    port, key = where
    connection, leased = Connection(port), 0
    body = orjson.dumps({"max": 100, "lease_seconds": 600, "wait_seconds": 0, "worker": "bench"})
    sent = request("POST", "/v1/gateway/leases", token=key, body=body)
    while True:
        status, answer = connection.ask(sent)
        if status != 200:  # noqa: PLR2004 - OK
            raise RuntimeError(answer)
        got = len(orjson.loads(answer)["leased"])
        if not got:
            return leased
        leased += got


def measure_planning(rig: Rig) -> list[Result]:
    """Measure the planning of a festival for everybody against inserting the same rows."""
    with rig.connect() as connection:
        for table in (EVENTS, "care_messages"):
            connection.execute(f"TRUNCATE {table} CASCADE")  # type: ignore[arg-type]
        connection.execute("DELETE FROM slot_subjects WHERE slot_id LIKE 'ms-%'")
        connection.execute("DELETE FROM contact_slots WHERE id LIKE 'ms-%'")
        connection.execute("VACUUM ANALYZE")
    say("planning a festival for everybody …")
    planned, seconds = _plan(rig)
    say("the plain SQL …")
    plain = _insert_plainly(rig)
    ratio = seconds / plain
    wanted, is_met = at_most(4, ratio)
    return [
        Result(
            path=f"plan a day's care for {rig.scale.customers:,} customers",
            ours=f"{seconds:.1f} s for {planned:,} messages",
            baseline=f"{plain:.1f} s plain SQL, the same rows",
            ratio=ratio,
            target=wanted,
            is_met=is_met,
        )
    ]


def _plan(rig: Rig) -> tuple[int, float]:
    from crm_api.care import service as care  # noqa: PLC0415 - the app first
    from crm_api.kit.transactions import transaction  # noqa: PLC0415

    with _product(rig) as now:
        day = _next_festival(now.date())
        with transaction(read_only=True):
            causes = care.causes_between(day, days=1, now=now)
        began, planned = time.perf_counter(), 0
        for cause in causes:
            after, more = None, True
            while more:
                with transaction():
                    step = care.plan_chunk(cause, after=after, now=now)
                planned += step.tally.planned
                after, more = step.last_key, step.last_key is not None
        return planned, time.perf_counter() - began


def _next_festival(today: date) -> date:
    """Return a day within reach whose festival is greeted."""
    from crm_api.calendars import service as calendars  # noqa: PLC0415

    days = calendars.festivals_between(today, today + timedelta(days=7))
    return next(f.on for f in days if not f.is_solemn)


@contextmanager
def _product(rig: Rig) -> Iterator[datetime]:
    """Open the product in this process, a few days before the new year."""
    from crm_api.app import create_app  # noqa: PLC0415
    from crm_api.kit import clock  # noqa: PLC0415
    from crm_api.kit.db import db  # noqa: PLC0415
    from tests.support.databases import settings_for  # noqa: PLC0415

    now = datetime(datetime.now(UTC).year, 12, 29, 2, tzinfo=UTC)
    real, clock.after_lock = clock.after_lock, lambda _session: now
    app = create_app(settings_for(rig.url))
    try:
        with app.app_context():
            # The demo's manager approves the templates: without a second person nobody is greeted.
            app.test_cli_runner().invoke(args=["seed", "--demo"], catch_exceptions=False)
            yield now
            db.engine.dispose()
    finally:
        clock.after_lock = real


def _insert_plainly(rig: Rig) -> float:
    """Take away what planning wrote and put the same rows back by plain SQL; return seconds."""
    tables = (*WRITTEN, EVENTS)
    with rig.connect() as connection:
        for table in tables:
            connection.execute(f"CREATE TABLE kept_{table} AS SELECT * FROM {table} {_ours(table)}")  # type: ignore[arg-type]
        connection.execute("SET session_replication_role = replica")  # past the append-only guards
        for table in tables:
            connection.execute(f"DELETE FROM {table} {_ours(table)}")  # type: ignore[arg-type]
        connection.execute("SET session_replication_role = DEFAULT")
        connection.execute("VACUUM ANALYZE")
        began = time.perf_counter()
        with connection.transaction():
            for table in tables:
                connection.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}")  # type: ignore[arg-type]
        return time.perf_counter() - began


def _ours(table: str) -> str:
    slots = "(SELECT slot_id FROM care_messages)"
    return {
        "contact_slots": f"WHERE id IN {slots}",
        "slot_subjects": f"WHERE slot_id IN {slots}",
        "contact_decisions": f"WHERE slot_id IN {slots}",
    }.get(table, "")
