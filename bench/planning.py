"""Planning a day's care for a million customers, against the plain SQL that finds and inserts it.

One in 33 has a birthday on the day, and of those each had two contacts in the weeks before. Data
are written by the engine itself, by the same SQL on both.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sqlite3
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from bench.generate import ACCOUNT_MANAGERS
from bench.rig import say
from bench.table import Result, at_least, at_most
from tests.support import databases

if TYPE_CHECKING:
    from bench.rig import Rig

CUSTOMERS = int(os.environ.get("BENCH_PLAN_CUSTOMERS", "1000000"))
DUE_EVERY = 33
ROUNDS = 3  # on SQLite
ADVANCE = 3  # days: far enough that the holds are holds
PATIENT = {"lock_timeout_ms": 60_000, "statement_timeout_ms": 0}

# `n` counts the customers; {n_text} writes it with eight digits, which each engine says its way.
FILL = """
INSERT INTO teams (id, name, parent_id, path, version, created_at)
VALUES ('bench', 'Bench district', NULL, '/bench/', 1, '{now}');
INSERT INTO staff (id, login, name, role, team_id, status, version, created_at)
SELECT 'am-' || n, 'am-' || n, 'Bench account manager ' || n, 'account_manager', 'bench', 'active',
       1, '{now}' FROM numbers WHERE n <= {managers};
INSERT INTO customers (id, kind, name, name_pinyin, name_initials, gender, birth_on, phone,
                       has_guardian_consent, status, account_no, plan_name, team_id, owner_id,
                       tier, own_tier, version, created_at)
SELECT 'c-' || {n_text}, 'individual', '测试' || n, 'ceshi' || n, 'cs' || n, 'unknown',
       '1980-{born}', '+86139' || {n_text}, {false}, 'active', 'acc-' || n, '演示套餐', 'bench',
       'am-' || (n % {managers} + 1), CASE n % 5 WHEN 3 THEN 'gold' ELSE 'standard' END,
       CASE n % 5 WHEN 3 THEN 'gold' ELSE 'standard' END, 1, '{now}'
FROM numbers;
INSERT INTO anniversaries (id, customer_id, kind, label, calendar, year, month, day, is_leap_month,
                           is_greeted, is_stated, version, created_at)
SELECT 'a-' || {n_text}, 'c-' || {n_text}, 'birthday', '', 'solar', 1980,
       CASE n % {every} WHEN 0 THEN {month} ELSE {other_month} END,
       CASE n % {every} WHEN 0 THEN {day} ELSE n % 28 + 1 END, {false}, {true}, {false}, 1, '{now}'
FROM numbers;
INSERT INTO subject_locks (kind, subject_id) SELECT 'customer', id FROM customers;
INSERT INTO subject_locks (kind, subject_id) SELECT 'endpoint', phone FROM customers;
INSERT INTO contact_slots (id, customer_id, channel, category, state, counting, effective_at,
                           occurred_at, recorded_at, is_agreed, outcome, tier, judged_at,
                           needs_new_plan, is_late, needs_look, created_at)
SELECT 'h-' || k || '-' || n, 'c-' || {n_text}, 'visit', 'service', 'consumed', 'full', '{before}',
       '{before}', '{before}', {false}, 'reached', 'standard', '{before}', {false}, {false},
       {false}, '{before}'
FROM numbers, (SELECT 1 AS k UNION ALL SELECT 2) twice WHERE n % {every} = 0;
INSERT INTO slot_subjects (slot_id, subject_id, subject_kind, unit, effective_micros, local_day,
                           local_month, channel, category, counting)
SELECT id, customer_id, 'customer', id, {micros}, {micros} / 86400000000, 0, 'visit', 'service',
       'full' FROM contact_slots
"""
POSTGRESQL = {"n_text": "lpad(n::text, 8, '0')", "false": "false", "true": "true"}
SQLITE = {"n_text": "printf('%08d', n)", "false": "0", "true": "1"}
# What a planner without rules, moods or memory would do: find them, choose moment and words by a
# hash, write down what was known of each and what was answered, and queue the messages.
PLAIN = (
    """
CREATE TEMP TABLE due ON COMMIT DROP AS
SELECT c.*, uuidv7()::text AS message_id, uuidv7()::text AS slot_id, uuidv7()::text AS decision_id,
       timestamptz '{on} 01:00Z' + (abs(hashtextextended(occurrence, 0)) % 37800)
         * interval '1 second' AS at
FROM (SELECT c.id AS customer_id, c.phone, c.tier, c.name,
             'birthday:{year}:' || coalesce(c.person_id, c.id) AS occurrence
      FROM anniversaries a JOIN customers c ON c.id = a.customer_id
      WHERE a.calendar = 'solar' AND a.month = {month} AND a.day = {day} AND a.kind = 'birthday'
        AND a.is_greeted AND c.phone IS NOT NULL AND c.status NOT IN ('deceased', 'closed')) c
WHERE NOT EXISTS (SELECT 1 FROM care_messages m WHERE m.occurrence = c.occurrence)
""",
    """
INSERT INTO contact_decisions (id, created_at, kind, verdict, customer_id, slot_id, channel,
                               category, asked_at, frame_digest, facts, trace)
SELECT decision_id, now(), 'reservation', 'allowed', customer_id, slot_id, 'sms', 'care', at,
       (SELECT digest FROM decision_frames LIMIT 1),
       convert_to(json_build_object(
         'facts', json_build_object(
           'counting', 'full',
           'endpoint', json_build_object('label', '**********' || right(phone, 4),
             'opt_outs', json_build_array(), 'said_by', null, 'slots', (
               SELECT coalesce(json_agg(json_build_array(s.slot_id, effective_micros, channel,
                      category, unit, counting)), '[]'::json)
               FROM slot_subjects s WHERE s.subject_id = phone AND counting <> 'none'
                 AND effective_micros > {since})),
           'has_happened', false, 'is_settled', false, 'occurrence_slot', null, 'own_slot', null,
           'persons', json_build_array(json_build_object(
             'consent_due_until', 888883200000000, 'customer_id', customer_id,
             'holds', json_build_array(), 'is_closed', false, 'is_deceased', false,
             'opt_outs', json_build_array(), 'slots', (
               SELECT coalesce(json_agg(json_build_array(s.slot_id, effective_micros, channel,
                      category, unit, counting)), '[]'::json)
               FROM slot_subjects s WHERE s.subject_id = customer_id AND counting <> 'none'
                 AND effective_micros > {since}),
             'tier', tier, 'wishes', json_build_array())),
           'visit_at', null, 'visit_contacts', 0, 'wording', 2),
         'now', now(),
         'plan', json_build_object('also_customer_ids', json_build_array(), 'at', at,
           'category', 'care', 'channel', 'sms', 'customer_id', customer_id, 'is_agreed', false,
           'not_after', '{on}T12:00:00Z', 'occasion_class', 4, 'occasion_rank', 0,
           'occurrence', occurrence, 'source', 'care_message:' || message_id, 'visit_id', null)
       )::text, 'UTF8'),
       convert_to(json_build_object('asked_at', at, 'category', 'care', 'channel', 'sms',
         'customer_id', customer_id, 'earlier_alternative_at', null, 'exceeds', json_build_array(),
         'judged_at', now(), 'may_be_overridden_by', json_build_array(), 'next_allowed_at', at,
         'no_next_because', null, 'other_channels', json_build_array(),
         'reasons', json_build_array(), 'verdict', 'allowed')::text, 'UTF8')
FROM due
""",
    """
INSERT INTO contact_slots (id, created_at, customer_id, channel, category, state, counting,
                           effective_at, planned_at, not_after, endpoint, occurrence, source,
                           is_agreed, tier, judged_at, decision_id, needs_new_plan, is_late,
                           needs_look, occasion_class, occasion_rank)
SELECT slot_id, now(), customer_id, 'sms', 'care', 'held', 'full', at, at, '{on} 12:00Z', phone,
       occurrence, 'care_message:' || message_id, false, tier, now(), decision_id, false, false,
       false, 4, 0
FROM due
""",
    """
INSERT INTO slot_subjects (slot_id, subject_id, subject_kind, unit, effective_micros, local_day,
                           local_month, channel, category, counting, claim, occasion_class)
SELECT slot_id, whom.id, whom.kind, slot_id, (extract(epoch FROM at) * 1000000)::bigint,
       (at AT TIME ZONE 'Asia/Shanghai')::date - date '1970-01-01', {year} * 12 + {month} - 1,
       'sms', 'care', 'full', '04.0000.1.' || lpad((extract(epoch FROM at)::bigint * 1000000)::text,
       18, '0') || '.' || lpad((extract(epoch FROM now())::bigint * 1000000)::text, 18, '0'), 4
FROM due, LATERAL (VALUES (customer_id, 'customer'), (phone, 'endpoint')) whom (id, kind)
""",
    """
INSERT INTO care_messages (id, created_at, state, reason, customer_id, slot_id, occasion,
                           occurrence, on_day, category, template_id, template_version, priority,
                           due_at, send_before, number, sender, text, encoding, segments, attempt,
                           idle_leases, lease_epoch, lease_worker)
SELECT message_id, now(), 'queued', '', customer_id, slot_id, 'birthday', occurrence, '{on}',
       'care', 'birthday-1', 1, 4, at, '{on} 12:00Z', phone, '10690000',
       '【演示通信】' || name || '，生日将至，愿您新的一岁平安顺遂，事事称心。'
         || '您的服务经理一直在您身边。拒收请回复R', 'ucs2', 1, 0, 0, 0, ''
FROM due
""",
)


def measure(rig: Rig) -> list[Result]:
    """Measure one planner against plain SQL, and two against one, on both engines."""
    now = datetime.now(UTC)
    day = _day_ahead(now)
    say(f"{CUSTOMERS:,} customers on PostgreSQL …")
    url, dsn = rig.make_database("million")
    databases.migrate(url)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"CREATE TABLE numbers AS SELECT generate_series(1, {CUSTOMERS}) AS n")  # type: ignore[arg-type]
        for statement in _fill(now, day, **POSTGRESQL):
            connection.execute(statement)  # type: ignore[arg-type]
    _seed(url)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    _plan([url], day + timedelta(days=1))  # a day that nobody has: what all decisions share is kept
    alone, shared, plain_one = (
        rig.make_database(name, template="million") for name in ("alone", "shared", "plain")
    )
    say("one planner …")
    planned, seconds = _plan([alone[0]], day)
    say("two planners …")
    together, halved = _plan([shared[0]] * 2, day)
    say("the plain SQL …")
    plain = _insert_plainly(plain_one[1], now, day)
    return [
        _against_plain(planned, seconds, plain),
        _of_two("PostgreSQL", planned, seconds, together, halved, target=1.3),
        _measure_sqlite(now, day),
    ]


def _day_ahead(now: datetime) -> date:
    """Return a day a little ahead on which people are greeted, and not for a festival."""
    return (now + timedelta(days=ADVANCE)).date()


def _fill(now: datetime, day: date, **words: str) -> list[str]:
    before = now - timedelta(days=9)
    filled = FILL.format(
        now=f"{now:%Y-%m-%d %H:%M:%S.%f}",
        before=f"{before:%Y-%m-%d %H:%M:%S.%f}",
        micros=int(before.timestamp() * 1_000_000),
        born=f"{day:%m-%d}",
        month=day.month,
        other_month=day.month % 12 + 1,
        day=day.day,
        every=DUE_EVERY,
        managers=ACCOUNT_MANAGERS,
        **words,
    )
    return [statement for statement in filled.split(";\n") if statement.strip()]


def _seed(url: str) -> None:
    """Load policies, and templates that the demo's manager approves."""
    from crm_api.app import create_app  # noqa: PLC0415
    from crm_api.kit.db import db  # noqa: PLC0415

    app = create_app(databases.settings_for(url, **PATIENT))
    with app.app_context():
        app.test_cli_runner().invoke(args=["seed", "--demo"], catch_exceptions=False)
        db.session.remove()
        db.engine.dispose()


def _plan(urls: list[str], day: date) -> tuple[int, float]:
    """Plan a day in as many processes as there are URLs; return the messages and the seconds."""
    context = multiprocessing.get_context("spawn")
    start, ends = context.Barrier(len(urls) + 1), context.Queue()
    planners = [context.Process(target=_plan_in, args=(url, day, start, ends)) for url in urls]
    for planner in planners:
        planner.start()
    start.wait(120)
    began = time.perf_counter()
    lines = [ends.get(timeout=3600) for _ in planners]
    seconds = time.perf_counter() - began
    say(f"{len(urls)} at work: {seconds:.1f} s")
    for planner in planners:
        planner.join()
    return sum(int(line.split(" planned")[0].split()[-1]) for line in lines), seconds


def _plan_in(url: str, day: date, start: Any, ends: Any) -> None:
    from crm_api.app import create_app  # noqa: PLC0415

    app = create_app(databases.settings_for(url, **PATIENT))
    start.wait(120)
    command = ["care", "plan", "--on", day.isoformat()]
    reply = app.test_cli_runner().invoke(args=command, catch_exceptions=False)
    ends.put(reply.output.splitlines()[-1])


def _insert_plainly(dsn: str, now: datetime, day: date) -> float:
    """Find the people and insert their messages by plain SQL; return seconds."""
    since = int((now - timedelta(days=32)).timestamp() * 1_000_000)
    words = {"on": day, "year": day.year, "month": day.month, "day": day.day, "since": since}
    with psycopg.connect(dsn, autocommit=True) as connection:
        began = time.perf_counter()
        with connection.transaction():
            for statement in PLAIN:
                connection.execute(statement.format(**words))  # type: ignore[arg-type]
        return time.perf_counter() - began


def _against_plain(planned: int, seconds: float, plain: float) -> Result:
    ratio = seconds / plain
    wanted, is_met = at_most(3, ratio)
    return Result(
        path=f"plan a day's care among {CUSTOMERS:,} customers",
        ours=f"{seconds:.1f} s for {planned:,} messages",
        baseline=f"{plain:.1f} s plain SQL that finds and inserts them",
        ratio=ratio,
        target=wanted,
        is_met=is_met,
    )


def _of_two(
    engine: str, planned: int, seconds: float, together: int, halved: float, *, target: float
) -> Result:
    if planned != together:
        msg = f"one planner wrote {planned} messages, two wrote {together}"
        raise RuntimeError(msg)
    wanted, is_met = at_least(target, seconds / halved)
    return Result(
        path=f"a second planner process, {engine}",
        ours=f"{halved:.1f} s by two",
        baseline=f"{seconds:.1f} s by one",
        ratio=seconds / halved,
        target=wanted,
        is_met=is_met,
    )


def _measure_sqlite(now: datetime, day: date) -> Result:
    say(f"{CUSTOMERS:,} customers on SQLite …")
    with tempfile.TemporaryDirectory() as folder:
        filled = Path(folder, "filled.db")
        databases.migrate(f"sqlite:///{filled}")
        with sqlite3.connect(filled) as connection:
            connection.execute(
                "CREATE TABLE numbers AS WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL "
                f"SELECT n + 1 FROM counted WHERE n < {CUSTOMERS}) SELECT n FROM counted"
            )
            for statement in _fill(now, day, **SQLITE):
                connection.execute(statement)
        _seed(f"sqlite:///{filled}")
        with sqlite3.connect(filled) as connection:
            connection.execute("ANALYZE")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        # In turns, since one run differs from the next by more than one planner from two.
        ones, twos = zip(
            *((_plan_afresh(filled, day, 1), _plan_afresh(filled, day, 2)) for _ in range(ROUNDS)),
            strict=True,
        )
    (planned, seconds), (together, halved) = (min(runs, key=_seconds) for runs in (ones, twos))
    return _of_two("SQLite", planned, seconds, together, halved, target=1.0)


def _plan_afresh(filled: Path, day: date, processes: int) -> tuple[int, float]:
    """Plan a day from the same beginning."""
    fresh = filled.with_name("fresh.db")
    shutil.copyfile(filled, fresh)
    try:
        return _plan([f"sqlite:///{fresh}"] * processes, day)
    finally:
        for path in filled.parent.glob("fresh.db*"):
            path.unlink()


def _seconds(run: tuple[int, float]) -> float:
    return run[1]
