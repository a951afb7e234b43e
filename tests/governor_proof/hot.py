"""Sixteen processes and one customer, whom all of them want at once.

`python -m tests.governor_proof.hot <database> <seconds> <folder>`: each process writes down what it
did, line by line, so that what it was answered is known even of those that are killed.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from crm_api.app import create_app
from crm_api.contact_frequency import service as governor
from crm_api.contact_frequency.errors import ContactBlocked, SlotSettled, SourceReserved
from crm_api.contact_frequency.values import Plan
from crm_api.customers.terms import Category, Channel
from crm_api.kit import clock
from crm_api.kit.db import db
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer
from tests.governor_proof.rivals import insist, some_mornings_ahead
from tests.support.databases import settings_for

WRITERS = 16
DAY = timedelta(days=1)
DAYS = 120
KILL_EVERY = 1.5
forking = multiprocessing.get_context("fork")


def main() -> None:
    url, seconds, folder = sys.argv[1], float(sys.argv[2]), Path(sys.argv[3])
    app = create_app(settings_for(url))
    with app.app_context():
        keep_default_policies(clock.now() - 365 * DAY)
        hot, twin = make_customer(person_id="p"), make_customer(person_id="p")
        whose = (hot.id, twin.id, hot.phone)
        db.session.remove()
        db.engine.dispose()
    done = forking.Event()
    writers = [start(app, whose, n, done, folder) for n in range(WRITERS)]
    until, killed = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        time.sleep(KILL_EVERY)
        victim = writers.pop(0)
        os.kill(victim.pid, signal.SIGKILL)
        victim.join()
        killed += 1
        writers.append(start(app, whose, WRITERS + killed, done, folder))
    done.set()
    for writer in writers:
        writer.join(60)
    stuck = sum(writer.exitcode != 0 for writer in writers)
    sys.stdout.write(json.dumps({"killed": killed, "stuck": stuck, "customers": whose[:2]}))


def start(app: Any, whose: tuple, n: int, done: Any, folder: Path):
    process = forking.Process(target=write, args=(app, whose, n, done, folder / str(n)))
    process.start()
    return process


def write(app: Any, whose: tuple, n: int, done: Any, log: Path) -> None:
    rng, mine = random.Random(n), []
    with app.app_context(), log.open("w") as said:
        while not done.is_set():
            deed = rng.choices(list(DEEDS), weights=[weight for weight, _ in DEEDS.values()])[0]
            began = time.monotonic()
            try:
                answer = DEEDS[deed][1](rng, whose, mine)
            except (ContactBlocked, SlotSettled, SourceReserved) as refused:
                answer = type(refused).__name__
            except Exception as error:  # noqa: BLE001 - whatever it is, the test must see it
                answer = f"unexpected {type(error).__name__}: {error}"[:400]
            took = round(time.monotonic() - began, 3)
            said.write(json.dumps([deed, answer, took]) + "\n")
            said.flush()
        db.session.remove()


def plan(rng: random.Random, whose: tuple, **changes: Any) -> Plan:
    customer_id = rng.choice(whose[:2])
    at = some_mornings_ahead(rng.randint(1, DAYS)) + timedelta(minutes=rng.randrange(600))
    channel = rng.choice([Channel.CALL, Channel.SMS, Channel.WECHAT])
    facts = {"category": Category.SERVICE, "channel": channel, "at": at, "endpoint": None}
    if channel is not Channel.WECHAT:
        facts["endpoint"] = whose[2]
    return Plan(customer_id=customer_id, **{**facts, **changes})


def reserve(rng, whose, mine):
    slot = insist(governor.reserve_slot, plan(rng, whose), by_id=None)
    mine.append(slot.id)
    return {"slot": slot.id}


def reserve_what_others_reserve(rng, whose, mine):
    """All name one contact by one source: whoever comes first makes it."""
    number = rng.randrange(DAYS // 4)
    at = some_mornings_ahead(1 + 4 * number)
    source = f"same:{number}"
    wanted = plan(
        rng, (whose[0], whose[0], whose[2]), at=at, source=source, channel=Channel.CALL,
        endpoint=whose[2],
    )  # fmt: skip
    slot = insist(governor.reserve_slot, wanted, by_id=None)
    return {"slot": slot.id, "source": source}


def hold(rng, whose, mine):
    greeting = {"category": Category.CARE, "channel": Channel.SMS, "endpoint": whose[2]}
    wanted = plan(rng, whose, **greeting)
    [answer] = insist(governor.reserve_slots, [wanted], by_id=None, is_held=True)
    if hasattr(answer, "verdict"):
        return "ContactBlocked"
    mine.append(answer.id)
    return {"slot": answer.id}


def _one(rng, mine):
    if not mine:
        raise SlotSettled(state="none", wanted="any")
    return rng.choice(mine)


def move(rng, whose, mine):
    to = some_mornings_ahead(rng.randint(1, DAYS))
    insist(governor.move_slot, _one(rng, mine), to=to, by_id=None)


def release(rng, whose, mine):
    insist(governor.release_slots, [_one(rng, mine)], reason="cancelled")


def begin(rng, whose, mine):
    [refusal] = insist(governor.begin_slots, [_one(rng, mine)]).values()
    return "ContactBlocked" if refusal else "began"


def consume(rng, whose, mine):
    at = clock.now() - timedelta(minutes=rng.randrange(60 * 24 * 60))
    insist(governor.consume_slot, _one(rng, mine), occurred_at=at, outcome="reached")


def come_back(rng, whose, mine):
    insist(governor.return_slots, [_one(rng, mine)], reason="retry")


def doubt(rng, whose, mine):
    insist(governor.doubt_slots, [_one(rng, mine)])


def tell(rng, whose, mine):
    at = clock.now() - timedelta(minutes=rng.randrange(60 * 24 * 60))
    told = {"occurred_at": at, "recorded_at": clock.now(), "outcome": "reached", "by_id": None}
    slot = insist(governor.record_fact, plan(rng, whose, at=at), **told)
    mine.append(slot.id)
    return {"slot": slot.id}


def opt_out_and_in(rng, whose, mine):
    change = rng.choice([governor.opt_out, governor.opt_in])
    insist(change, whose[2], at=clock.now(), source="inbound")


DEEDS = {
    "reserve": (30, reserve),
    "reserve_what_others_reserve": (15, reserve_what_others_reserve),
    "hold": (10, hold),
    "move": (12, move),
    "release": (10, release),
    "begin": (8, begin),
    "come_back": (4, come_back),
    "doubt": (3, doubt),
    "consume": (4, consume),
    "tell": (3, tell),
    "opt_out_and_in": (1, opt_out_and_in),
}

if __name__ == "__main__":
    main()
