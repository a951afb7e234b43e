"""Messages on their way out, leased and begun over HTTP, against plain SQL that claims them."""

from __future__ import annotations

import multiprocessing
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson
import psycopg

from bench import people
from bench.load import Connection, request
from bench.rig import say
from bench.table import Result, at_least

if TYPE_CHECKING:
    from bench.rig import Rig

WORKERS = 4
BATCH = 100
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
# What a lease and a begin write, without asking anything: the decisions and the attempts are those
# that ours has just written of the same messages.
PLAIN_LEASE = PLAIN_CLAIM.replace("claimable", "plain_messages")
PLAIN_BEGIN = """
WITH begun AS (
  UPDATE plain_messages
  SET state = 'submitting', attempt = attempt + 1, idle_leases = 0, begun_at = now()
  WHERE id = ANY(%s) RETURNING id, slot_id
), decided AS (
  INSERT INTO plain_decisions
  SELECT d.* FROM written w JOIN begun USING (id) JOIN contact_decisions d ON d.id = w.decision_id
  RETURNING id, slot_id
), put AS (
  UPDATE plain_slots s
  SET state = 'in_flight', effective_at = now(), judged_at = now(), reason = NULL,
      decision_id = decided.id
  FROM decided WHERE s.id = decided.slot_id
), touched AS (
  UPDATE plain_subjects s
  SET unit = begun.slot_id, claim = NULL,
      effective_micros = (extract(epoch from now()) * 1000000)::bigint,
      local_day = now()::date - date '1970-01-01'
  FROM begun WHERE s.slot_id = begun.slot_id
)
INSERT INTO plain_attempts
SELECT a.* FROM written w JOIN begun USING (id) JOIN care_attempts a ON a.id = w.attempt_id
"""
WRITTEN = """
CREATE TABLE plain_decisions (LIKE contact_decisions INCLUDING ALL);
CREATE TABLE plain_attempts (LIKE care_attempts INCLUDING ALL);
CREATE TABLE written (id text PRIMARY KEY, decision_id text, attempt_id text);
INSERT INTO written
SELECT m.id, decision_id, a.id
FROM care_messages m
JOIN contact_slots s ON s.id = slot_id JOIN care_attempts a ON message_id = m.id;
VACUUM ANALYZE;
CHECKPOINT
"""
CLAIMABLE = 40_000
# Greetings as the planner leaves them: each with its slot, and whom that touches.
OUTBOX = """
INSERT INTO care_templates (id, name, occasion, category, created_at)
VALUES ('bench', 'bench', 'festival', 'care', now());
INSERT INTO contact_slots (id, customer_id, channel, category, state, counting, effective_at,
                           planned_at, not_after, endpoint, occurrence, source, is_agreed,
                           occasion_class, occasion_rank, tier, judged_at, needs_new_plan, is_late,
                           needs_look, created_at)
SELECT 'ms-' || n, customers.id, 'sms', 'care', 'reserved', 'full', now(), now(),
       now() + interval '4 hours', phone, 'bench:' || n, 'care_message:m-' || n, false, 6, 0, tier,
       now(), false, false, false, now()
FROM generate_series(1, {many}) n JOIN customers ON customers.id = 'c-' || {after} + n;
INSERT INTO slot_subjects (slot_id, subject_id, subject_kind, unit, effective_micros, local_day,
                           local_month, channel, category, counting, occasion_class)
SELECT id, s.subject_id, s.kind, id, (extract(epoch from effective_at) * 1000000)::bigint,
       effective_at::date - date '1970-01-01',
       (extract(year from effective_at)::int - 1970) * 12 + extract(month from effective_at)::int,
       'sms', 'care', 'full', 6
FROM contact_slots,
     LATERAL (SELECT customer_id, 'customer' UNION ALL
              SELECT endpoint, 'endpoint') s(subject_id, kind)
WHERE id LIKE 'ms-%';
INSERT INTO care_messages (id, state, reason, customer_id, slot_id, occasion, occurrence, on_day,
                           category, template_id, template_version, priority, due_at, send_before,
                           number, sender, text, encoding, segments, attempt, idle_leases,
                           lease_epoch, lease_worker, created_at)
SELECT 'm-' || n, 'queued', '', customers.id, 'ms-' || n, 'festival', 'bench:' || n, current_date,
       'care', 'bench', 1, 6, now() - interval '1 minute', now() + interval '4 hours', phone,
       '', '【演示通信】' || name || '，节日快乐！退订回T', 'ucs2', 1, 0, 0, 0, '', now()
FROM generate_series(1, {many}) n JOIN customers ON customers.id = 'c-' || {after} + n;
CREATE TABLE claimable (LIKE care_messages INCLUDING ALL);
INSERT INTO claimable SELECT * FROM care_messages;
CREATE TABLE plain_messages (LIKE care_messages INCLUDING ALL);
INSERT INTO plain_messages SELECT * FROM care_messages;
CREATE TABLE plain_slots (LIKE contact_slots INCLUDING ALL);
INSERT INTO plain_slots SELECT * FROM contact_slots WHERE id LIKE 'ms-%';
CREATE TABLE plain_subjects (LIKE slot_subjects INCLUDING ALL);
INSERT INTO plain_subjects SELECT * FROM slot_subjects WHERE slot_id LIKE 'ms-%';
VACUUM ANALYZE;
CHECKPOINT
"""


def measure(rig: Rig) -> list[Result]:
    """Measure leases of 100 and their begins against as many connections of plain SQL.

    Each message passes the governor's second gate, with its decision stored. The bare claim leases
    and does no more; the other one writes every row that ours writes, and asks nothing.
    """
    say("the outbox …")
    _fill(rig)
    say("the plain claim …")
    bare = _together(_claim_plainly, rig.dsn)
    key = people.gateway_key(rig)
    say("leases and begins …")
    with rig.serving() as port:
        ours = _together(_lease_and_begin, (port, key))
    say("the same rows, plainly …")
    _run(rig, WRITTEN)
    same = _together(_write_plainly, rig.dsn)
    return [
        _against(ours, bare, "plain SQL claim"),
        _against(ours, same, "plain SQL that writes the same rows"),
    ]


def _against(ours: float, plain: float, baseline: str) -> Result:
    wanted, is_met = at_least(0.2, ours / plain)
    return Result(
        path=f"lease and begin {BATCH} messages, {WORKERS} workers",
        ours=f"{ours:.0f} messages/s",
        baseline=f"{plain:.0f} messages/s {baseline}",
        ratio=ours / plain,
        target=wanted,
        is_met=is_met,
    )


def _fill(rig: Rig) -> None:
    _bring_policies(rig)
    half = rig.scale.customers // 2  # the other parts of the bench reserve for the first ones
    _run(rig, OUTBOX.format(many=min(CLAIMABLE, half), after=half))


def _run(rig: Rig, script: str) -> None:
    with rig.connect() as connection:
        for statement in script.split(";\n"):
            if statement.strip():
                connection.execute(statement)  # type: ignore[arg-type]


def _bring_policies(rig: Rig) -> None:
    from crm_api.app import create_app  # noqa: PLC0415 - the app first
    from crm_api.contact_frequency import service as contact_frequency  # noqa: PLC0415
    from crm_api.kit.db import db  # noqa: PLC0415
    from crm_api.kit.transactions import transaction  # noqa: PLC0415
    from tests.support.databases import settings_for  # noqa: PLC0415

    with create_app(settings_for(rig.url)).app_context():
        with transaction():
            contact_frequency.ensure_default_policies(now=datetime.now(UTC) - timedelta(days=1))
        db.engine.dispose()


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


def _write_plainly(dsn: str) -> int:
    written = 0
    with psycopg.connect(dsn, autocommit=True) as connection:
        while rows := connection.execute(PLAIN_LEASE).fetchall():
            connection.execute(PLAIN_BEGIN, [[row[0] for row in rows]])
            written += len(rows)
    return written


def _lease_and_begin(where: tuple[int, str]) -> int:
    port, key = where
    connection, begun = Connection(port), 0
    wish = {"max": BATCH, "lease_seconds": 600, "wait_seconds": 0, "worker": "bench"}
    while leased := _ask(connection, key, "leases", wish)["leased"]:
        held = [{"id": m["id"], "lease_token": m["lease"]["token"]} for m in leased]
        answers = _ask(connection, key, "begins", {"messages": held})["messages"]
        begun += sum(answer["state"] == "submitting" for answer in answers)
    return begun


def _ask(connection: Connection, key: str, call: str, body: Any) -> Any:
    sent = request("POST", f"/v1/gateway/{call}", token=key, body=orjson.dumps(body))
    status, answer = connection.ask(sent)
    if status != 200:  # noqa: PLR2004 - OK
        raise RuntimeError(answer)
    return orjson.loads(answer)
