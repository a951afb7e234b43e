"""The paths that machines run in bulk, against the plain SQL that does the same to the tables."""

from __future__ import annotations

import multiprocessing
import time
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
