"""Real processes that fight over the same customers.

`python -m tests.governor_proof.rivals <database>` writes what became of it as JSON.
One process loads the product and forks the rivals, so that they start together and cheaply.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import random
import signal
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from queue import Empty
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from crm_api.app import create_app
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.errors import ContactBlocked, SlotSettled
from crm_api.contact_frequency.values import Plan
from crm_api.customers.terms import Category, Channel
from crm_api.kit.db import db
from crm_api.kit.errors import Busy
from crm_api.kit.transactions import transaction
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer
from tests.support.databases import settings_for

CHURNERS = 12
CHURN_SECONDS = 6
KILL_EVERY = 0.8
DAY = timedelta(days=1)
forking = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Family:
    """A group, its key persons, and a number that two of them share."""

    group: str
    members: tuple[str, ...]
    endpoint: str


@dataclass(frozen=True)
class Fight:
    """What the processes that fight over a family share."""

    app: Any
    family: Family
    done: Any
    errors: Any
    counts: Any


def some_mornings_ahead(days: int) -> datetime:
    """Return 10:00 in Shanghai, so many days ahead."""
    return datetime.now(UTC).replace(hour=2, minute=0, second=0, microsecond=0) + days * DAY


def is_busy(error: DBAPIError) -> bool:
    """Tell whether somebody only had to wait too long, which is safe to repeat."""
    return "locked" in str(error) or "lock timeout" in str(error)


def insist(use_case, *args, **kwargs):
    """Ask again while the database is busy, as a client does on 503."""
    for _ in range(100):
        try:
            with transaction():
                return use_case(*args, **kwargs)
        except (Busy, PoolTimeout):
            pass
        except DBAPIError as error:
            if not is_busy(error):
                raise
        time.sleep(random.uniform(0.01, 0.1))
    raise RuntimeError("always busy")


def churn(app) -> dict:
    """Let many reserve, move and release for one family, and kill one of them again and again."""
    with app.app_context():
        keep_default_policies(datetime.now(UTC) - 365 * DAY)
        first, *others = [make_customer() for _ in range(4)]
        others[1] = make_customer(phone=others[0].phone)
        family = Family(first.id, tuple(c.id for c in others), others[0].phone)
        db.session.remove()
        db.engine.dispose()
    fight = Fight(app, family, forking.Event(), forking.Queue(), forking.Queue())
    deeds = [start(fight, seed) for seed in range(CHURNERS)]
    until, killed = time.monotonic() + CHURN_SECONDS, 0
    while time.monotonic() < until:
        time.sleep(KILL_EVERY)
        victim = deeds.pop(0)
        os.kill(victim.pid, signal.SIGKILL)
        victim.join()
        killed += 1
        deeds.append(start(fight, CHURNERS + killed))
    fight.done.set()
    for deed in deeds:
        deed.join(30)
    return {"killed": killed, "errors": drain(fight.errors), "done": sum(drain(fight.counts))}


def start(fight: Fight, seed: int):
    process = forking.Process(target=keep_busy, args=(fight, seed))
    process.start()
    return process


def drain(queue) -> list:
    found = []
    with contextlib.suppress(Empty):
        while True:
            found.append(queue.get(timeout=0.5))
    return found


def keep_busy(fight: Fight, seed: int) -> None:
    rng, mine, deeds = random.Random(seed), [], 0
    with fight.app.app_context():
        while not fight.done.is_set():
            try:
                one_deed(rng, fight.family, mine)
            except (ContactBlocked, SlotSettled):
                pass
            except Exception as error:  # noqa: BLE001 - whatever it is, the test must see it
                fight.errors.put(f"{type(error).__name__}: {error}"[:500])
            deeds += 1
        fight.counts.put(deeds)
        db.session.remove()


def one_deed(rng: random.Random, family: Family, mine: list[str]) -> None:
    at = some_mornings_ahead(rng.randint(1, 60)) + timedelta(minutes=rng.randrange(600))
    choice = rng.random()
    if mine and choice < 0.25:
        slot_id = mine.pop(rng.randrange(len(mine)))
        insist(contact_frequency.release_slot, slot_id, reason="cancelled")
    elif mine and choice < 0.5:
        insist(contact_frequency.move_slot, rng.choice(mine), to=at, by_id=None)
    elif choice < 0.6:
        plans = sorted((some_plan(rng, family, at + n * DAY) for n in range(5)), key=str)
        answers = insist(contact_frequency.reserve_slots, plans, by_id=None)
        mine += [a.id for a in answers if not hasattr(a, "verdict")]
    else:
        mine.append(
            insist(contact_frequency.reserve_slot, some_plan(rng, family, at), by_id=None).id
        )


def some_plan(rng: random.Random, family: Family, at: datetime) -> Plan:
    members = list(family.members)
    rng.shuffle(members)
    if rng.random() < 0.5:
        customers, channel, endpoint = (family.group, *members[:2]), Channel.VISIT, None
    else:
        customers, channel, endpoint = (members[0],), Channel.SMS, family.endpoint
    return Plan(
        customer_id=customers[0],
        also_customer_ids=customers[1:],
        channel=channel,
        category=Category.SERVICE,
        at=at,
        endpoint=endpoint,
    )


def main() -> None:
    [url] = sys.argv[1:]
    sys.stdout.write(json.dumps(churn(create_app(settings_for(url)))))


if __name__ == "__main__":
    main()
