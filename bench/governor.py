"""What the governor costs: with a long history, and with its locks."""

from __future__ import annotations

import multiprocessing
import random
import statistics
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bench.rig import say
from bench.table import Result, at_least, at_most

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.rig import Rig

PROCESSES = 8
CUSTOMERS = 2_000
ROUNDS, ROUND_SECONDS = 4, 4.0
RESERVES = 300
DAY = timedelta(days=1)
LONG, SHORT = 20_000, 20
# An hour apart, and the newest 60 days ago: within no policy's width.
HISTORY = """
INSERT INTO contact_slots (id, customer_id, channel, category, state, counting, effective_at,
                           occurred_at, recorded_at, is_agreed, outcome, tier, judged_at,
                           needs_new_plan, is_late, needs_look, created_at)
SELECT '{customer}-past-' || n, '{customer}', 'call', 'service', 'consumed', 'full', at, at, at,
       false, 'reached', 'standard', at, false, false, false, at
FROM generate_series(1, {many}) n,
     LATERAL (SELECT now() - interval '60 days' - make_interval(hours => n) AS at) a;
INSERT INTO slot_subjects (slot_id, subject_id, subject_kind, unit, effective_micros, local_day,
                           local_month, channel, category, counting)
SELECT id, s.subject_id, s.kind, id, (extract(epoch from effective_at) * 1000000)::bigint,
       effective_at::date - date '1970-01-01',
       (extract(year from effective_at)::int - 1970) * 12 + extract(month from effective_at)::int,
       'call', 'service', 'full'
FROM contact_slots,
     LATERAL (SELECT customer_id, 'customer' UNION ALL
              SELECT phone, 'endpoint' FROM customers WHERE id = customer_id) s(subject_id, kind)
WHERE id LIKE '{customer}-past-%';
"""


class _Undo(Exception):
    """Take back what was only measured."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One of the rounds, with the locks or without."""

    number: int
    locks: bool


def measure(rig: Rig) -> list[Result]:
    """Measure what a long history and what the locks cost a reservation."""
    return [_long_history(rig), _locks(rig)]


def _long_history(rig: Rig) -> Result:
    """Reserve on a customer with many past contacts and on one with few, in turns."""
    whose = {f"c-{rig.scale.customers - 1}": LONG, f"c-{rig.scale.customers - 2}": SHORT}
    from crm_api.kit.db import db  # noqa: PLC0415 - the app first

    say(f"a customer with {LONG:,} past contacts …")
    with rig.connect() as connection:
        for customer, many in whose.items():
            for statement in HISTORY.format(customer=customer, many=many).split(";\n"):
                if statement.strip():
                    connection.execute(statement)  # type: ignore[arg-type]
        connection.execute("VACUUM ANALYZE contact_slots")
        connection.execute("VACUUM ANALYZE slot_subjects")
    times: dict[str, list[float]] = {customer: [] for customer in whose}
    app = _product(rig.url)
    with app.app_context():
        for turn in range(RESERVES):
            for customer, taken in times.items():
                began = time.perf_counter()
                _reserve(customer, _morning(200 + turn % 50), keep=False)
                taken.append(time.perf_counter() - began)
        db.session.remove()
        db.engine.dispose()
    long, short = (statistics.median(taken[20:]) * 1000 for taken in times.values())
    ratio = long / short
    wanted, is_met = at_most(1.2, ratio)
    note = "" if is_met else _plan_of_the_check(rig, next(iter(whose)))
    return Result(
        path=f"reserve on a customer with {LONG:,} past contacts",
        ours=f"{long:.2f} ms",
        baseline=f"{short:.2f} ms with {SHORT}",
        ratio=ratio,
        target=wanted,
        is_met=is_met,
        note=note,
    )


def _plan_of_the_check(rig: Rig, customer: str) -> str:
    """Return how PostgreSQL finds the contacts that bear on a plan, for whoever must mend it."""
    now = int(time.time() * 1_000_000)
    width = 33 * 86_400_000_000
    with rig.connect() as connection:
        rows = connection.execute(
            "EXPLAIN ANALYZE SELECT slot_id FROM slot_subjects WHERE subject_id = ANY(%s)"
            " AND counting <> 'none' AND effective_micros BETWEEN %s AND %s",
            [[customer], now - width, now + width],
        ).fetchall()
    return "; ".join(str(row[0]).strip() for row in rows)


def _locks(rig: Rig) -> Result:
    """Reserve from many processes, with the locks and without, in turns."""
    say(f"reservations from {PROCESSES} processes …")
    app, counts = _product(rig.url), {True: 0, False: 0}
    for number in range(ROUNDS):
        for locks in (True, False) if number % 2 == 0 else (False, True):
            counts[locks] += _together(app, Turn(number, locks))
    seconds = ROUNDS * ROUND_SECONDS
    ratio = counts[True] / counts[False]
    wanted, is_met = at_least(0.6, ratio)
    return Result(
        path=f"reserve on {CUSTOMERS:,} customers, {PROCESSES} processes",
        ours=f"{counts[True] / seconds:.0f}/s",
        baseline=f"{counts[False] / seconds:.0f}/s the same check, insert and trace, no locks",
        ratio=ratio,
        target=wanted,
        is_met=is_met,
    )


def _together(app: Any, turn: Turn) -> int:
    context = multiprocessing.get_context("fork")
    start: Any = context.Barrier(PROCESSES)
    results: Any = context.Queue()
    workers = [
        context.Process(target=_work, args=(app, turn, n, start, results)) for n in range(PROCESSES)
    ]
    for worker in workers:
        worker.start()
    made = sum(results.get(timeout=ROUND_SECONDS + 60) for _ in workers)
    for worker in workers:
        worker.join()
    return int(made)


def _work(app: Any, turn: Turn, n: int, start: Any, results: Any) -> None:
    rng = random.Random(f"{n} {turn}")
    made = 0
    with app.app_context(), _locking(is_on=turn.locks):
        _reserve("c-1", _morning(3_000), keep=False)
        start.wait()
        until = time.perf_counter() + ROUND_SECONDS
        while time.perf_counter() < until:
            # Each process has days of its own, so that nobody is refused for another's sake.
            week = n + PROCESSES * (2 * turn.number + turn.locks + 8 * rng.randrange(8))
            made += _reserve(f"c-{rng.randrange(1, CUSTOMERS)}", _morning(300 + 8 * week))
    results.put(made)


@contextmanager
def _locking(*, is_on: bool) -> Iterator[None]:
    """Leave out the subject locks, and nothing else, unless they are on."""
    from crm_api.customers import locks  # noqa: PLC0415 - the app first

    own = locks.lock_subjects
    if not is_on:
        locks.lock_subjects = lambda **_: None  # type: ignore[assignment]
    try:
        yield
    finally:
        locks.lock_subjects = own


def _product(url: str) -> Any:
    """Make the product, with its policies and without a connection, to be shared by forking."""
    from crm_api.app import create_app  # noqa: PLC0415 - it takes a while
    from crm_api.contact_frequency import service  # noqa: PLC0415 - the app first
    from crm_api.kit.db import db  # noqa: PLC0415 - the app first
    from crm_api.kit.transactions import transaction  # noqa: PLC0415 - the app first
    from tests.support.databases import settings_for  # noqa: PLC0415 - the app first

    app = create_app(settings_for(url))
    with app.app_context():
        with transaction():
            service.ensure_default_policies(now=datetime.now(UTC))
        db.session.remove()
        db.engine.dispose()
    return app


def _reserve(customer: str, at: datetime, *, keep: bool = True) -> int:
    """Reserve a call; return how many were made."""
    from crm_api.contact_frequency import service  # noqa: PLC0415 - the app first
    from crm_api.contact_frequency.errors import ContactBlocked  # noqa: PLC0415 - the app first
    from crm_api.contact_frequency.values import Plan  # noqa: PLC0415 - the app first
    from crm_api.customers.terms import Category, Channel  # noqa: PLC0415 - the app first
    from crm_api.kit.transactions import transaction  # noqa: PLC0415 - the app first

    plan = Plan(customer_id=customer, channel=Channel.CALL, category=Category.SERVICE, at=at)
    with suppress(_Undo, ContactBlocked), transaction():
        service.reserve_slot(plan, by_id=None)
        if not keep:
            raise _Undo
        return 1
    return 0


def _morning(days: int) -> datetime:
    """Return 10:00 in Shanghai, so many days ahead."""
    return datetime.now(UTC).replace(hour=2, minute=0, second=0, microsecond=0) + days * DAY
