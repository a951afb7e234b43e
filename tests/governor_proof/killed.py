"""Processes that die at every step of every use case, as by a power cut.

`python -m tests.governor_proof.killed <database>` writes what became of it as JSON. Each use case
is tried again and again by processes of its own, the first of which kills itself after the first
statement that it sends, the next after the second, and the last after its commit.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crm_api.app import create_app
from crm_api.contact_frequency import queries
from crm_api.contact_frequency import service as governor
from crm_api.contact_frequency.models import Overrun, Slot, SlotSubject, StoredDecision
from crm_api.contact_frequency.values import Plan
from crm_api.customers.terms import Category, Channel
from crm_api.kit import clock, transactions
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer
from tests.support.databases import settings_for

forking = multiprocessing.get_context("fork")
DAY = timedelta(days=1)
NOON = datetime(2026, 3, 3, 4, tzinfo=UTC)  # in Shanghai
COMMITTED = -1
MOST_STEPS = 80
KEPT = (Slot, SlotSubject, StoredDecision, Overrun)


def main() -> None:
    [url] = sys.argv[1:]
    app = create_app(settings_for(url))
    clock.after_lock = lambda _session, **_: NOON
    with app.app_context():
        keep_default_policies(NOON - 365 * DAY)
    found = {}
    for name, prepare in USE_CASES.items():
        with app.app_context():
            attempt = prepare()
            leave()
        found[name] = die_at_every_step(app, attempt)
    sys.stdout.write(json.dumps(found))


def die_at_every_step(app: Any, attempt: Callable[[], str]) -> dict[str, Any]:
    torn, deaths, step = [], 0, 1
    while step <= MOST_STEPS:
        before = ledger(app)
        process = forking.Process(target=run_and_die, args=(app, attempt, step))
        process.start()
        process.join(30)
        if process.exitcode == 0:  # it sends fewer statements than that
            break
        deaths += process.exitcode == -signal.SIGKILL
        if ledger(app) != before:
            torn.append(step)
        step += 1
    # The one that got through was the first to be let: undone by nobody, and now repeated.
    first = ledger(app)
    lost = forking.Process(target=run_and_die, args=(app, attempt, COMMITTED))
    lost.start()
    lost.join(30)
    with app.app_context():
        answers = {say(attempt) for _ in range(2)}
        breaches = len(queries.find_breaches())
        leave()
    return {
        "torn": torn,
        "deaths": deaths + (lost.exitcode == -signal.SIGKILL),
        "changed_by_repeating": ledger(app) != first,
        "answers": len(answers),
        "breaches": breaches,
    }


def run_and_die(app: Any, attempt: Callable[[], str], step: int) -> None:
    with app.app_context():
        if step == COMMITTED:
            own = transactions._commit  # noqa: SLF001 - the very moment after it

            def commit_and_die() -> None:
                own()
                os.kill(os.getpid(), signal.SIGKILL)

            transactions._commit = commit_and_die  # noqa: SLF001
        else:
            die_before(step)
        say(attempt)
        leave()


def die_before(step: int) -> None:
    sent = 0

    def count(*_: Any) -> None:
        nonlocal sent
        sent += 1
        if sent == step:
            os.kill(os.getpid(), signal.SIGKILL)

    # Straight statements too are heard as they go out, and never as they come back.
    sa.event.listen(db.engine, "before_cursor_execute", count)


def say(attempt: Callable[[], str]) -> str:
    with transaction():
        return attempt()


def ledger(app: Any) -> list[Any]:
    with app.app_context():
        rows = [
            sorted(tuple(map(str, row)) for row in db.session.execute(sa.select(*t.__table__.c)))
            for t in KEPT
        ]
        leave()
    return rows


def leave() -> None:
    """Let go of every connection: a process that is forked must open its own."""
    db.session.remove()
    db.engine.dispose()


def reserve() -> Callable[[], str]:
    customer = make_customer().id
    return lambda: governor.reserve_slot(_call(customer, 2), by_id=None).id


def hold() -> Callable[[], str]:
    customer = make_customer().id
    plan = _call(customer, 9)
    return lambda: governor.reserve_slots([plan], by_id=None, is_held=True)[0].id


def take_a_held_place() -> Callable[[], str]:
    customer = make_customer().id
    with transaction():
        governor.reserve_slots([_call(customer, 9, "greeting")], by_id=None, is_held=True)
    plan = _call(customer, 9, "appointment", is_agreed=True)
    return lambda: governor.reserve_slot(plan, by_id=None).id


def move() -> Callable[[], str]:
    slot_id = _reserved()
    return lambda: governor.move_slot(slot_id, to=NOON + 5 * DAY, by_id=None).id


def begin() -> Callable[[], str]:
    slot_id = _reserved()

    def attempt() -> str:
        # A begin is no repeat of another: the gateway's token makes it one, a floor above.
        if db.session.get_one(Slot, slot_id).state == "reserved":
            assert governor.begin_slots([slot_id]) == {slot_id: None}
        return slot_id

    return attempt


def consume() -> Callable[[], str]:
    slot_id = _reserved()
    return lambda: governor.consume_slot(slot_id, occurred_at=NOON, outcome="reached").id


def consume_what_was_given_back() -> Callable[[], str]:
    slot_id = _reserved()
    with transaction():
        governor.release_slot(slot_id, reason="cancelled")
        customer_id = db.session.get_one(Slot, slot_id).customer_id
        governor.reserve_slot(_call(customer_id, 0, "instead"), by_id=None)
    return lambda: governor.consume_slot(slot_id, occurred_at=NOON, outcome="reached").id


def tell() -> Callable[[], str]:
    customer = make_customer().id
    with transaction():
        governor.reserve_slot(_call(customer, 0), by_id=None)
    plan = _call(customer, 0, "note")
    told = {"occurred_at": NOON - DAY / 2, "recorded_at": NOON, "outcome": None, "by_id": None}
    return lambda: governor.record_fact(plan, **told).id


def release() -> Callable[[], str]:
    slot_id = _reserved()
    return lambda: governor.release_slot(slot_id, reason="cancelled").id


def _reserved() -> str:
    with transaction():
        return governor.reserve_slot(_call(make_customer().id, 0), by_id=None).id


def _call(customer_id: str, days: int, what: str = "call", **more: Any) -> Plan:
    return Plan(
        customer_id=customer_id,
        channel=Channel.CALL,
        category=Category.SERVICE,
        at=NOON + days * DAY,
        source=f"{what}:{customer_id}",
        **more,
    )


USE_CASES = {
    case.__name__: case
    for case in (
        reserve,
        hold,
        take_a_held_place,
        move,
        begin,
        consume,
        consume_what_was_given_back,
        tell,
        release,
    )
}

if __name__ == "__main__":
    main()
