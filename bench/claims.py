"""A message on its way out, leased and begun over HTTP, against the plain SQL that claims it."""

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
VACUUM ANALYZE;
"""


def measure(rig: Rig) -> list[Result]:
    """Measure leases of 100 and their begins against as many connections that only claim.

    Each message passes the governor's second gate, with its decision stored: what is compared with
    a bare claim is all that stands between a greeting in the queue and one that may be sent.
    """
    say("the outbox …")
    _fill(rig)
    say("the plain claim …")
    plain = _together(_claim_plainly, rig.dsn)
    key = people.gateway_key(rig)
    say("leases and begins …")
    with rig.serving() as port:
        ours = _together(_lease_and_begin, (port, key))
    ratio = ours / plain
    wanted, is_met = at_least(0.2, ratio)
    return [
        Result(
            path=f"lease and begin {BATCH} messages, {WORKERS} workers",
            ours=f"{ours:.0f} messages/s",
            baseline=f"{plain:.0f} messages/s plain SQL claim",
            ratio=ratio,
            target=wanted,
            is_met=is_met,
        )
    ]


def _fill(rig: Rig) -> None:
    _bring_policies(rig)
    half = rig.scale.customers // 2  # the other parts of the bench reserve for the first ones
    outbox = OUTBOX.format(many=min(CLAIMABLE, half), after=half)
    with rig.connect() as connection:
        for statement in outbox.split(";\n"):
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
