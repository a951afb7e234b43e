"""Customers refuse while gateways lease and begin: nothing leaves after a refusal committed.

`OPT_OUT_RACES=1000` runs the full thousand.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from crm_api.app import create_app
from crm_api.care.gateway import service
from crm_api.care.gateway.values import Held, Wish
from crm_api.care.models import CareMessage
from crm_api.care.terms import MessageState
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.models import Slot
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.care_gateway.test_processes import where_it_is_noon
from tests.relay.outbox import fill_outbox
from tests.support import databases

RACES = int(os.environ.get("OPT_OUT_RACES", "300"))
ROUND = 10
SOON = 30
pytestmark = pytest.mark.heavy


@pytest.fixture
def races(own_database_url):
    """The application where it is noon, and an outbox of one message for each race."""
    zone = ZoneInfo(where_it_is_noon())
    app = create_app(databases.settings_for(own_database_url, zone=zone))
    with app.app_context():
        with transaction():
            contact_frequency.ensure_default_policies(now=clock.now())
        fill_outbox(RACES)
        yield app
        db.session.remove()
        db.engine.dispose()


class Refusers(threading.Thread):
    """Customers who refuse one after the other, each when their messages are in a worker's hands.

    Of each refusal it keeps when the database's clock said that it held the locks, and when its
    commit was through.
    """

    def __init__(self, app, start):
        super().__init__(daemon=True)
        self.app, self.start_line = app, start
        self.numbers: list[str] = []
        self.locked_at, self.committed_at, self.failure = {}, {}, None

    def run(self):
        with self.app.app_context():
            try:
                while True:
                    self.start_line.wait(SOON)
                    if not self.numbers:
                        return
                    self._refuse(list(self.numbers))
                    self.start_line.wait(SOON)
            except Exception as failure:  # noqa: BLE001 - the test looks at it
                self.failure = failure
                self.start_line.abort()
            finally:
                db.session.remove()

    def _refuse(self, numbers):
        random.shuffle(numbers)
        for number in numbers:
            with transaction():
                contact_frequency.opt_out(number, at=clock.now(), source="desk")
                self.locked_at[number] = clock.after_lock(db.session())
            self.committed_at[number] = time.monotonic()


def test_nothing_begins_after_its_customer_refused(races):
    start = threading.Barrier(2)
    refusers = Refusers(races, start)
    refusers.start()
    begun_from, answers = {}, {}
    while hand := _lease():
        refusers.numbers = [message["to"] for message in hand]
        start.wait(SOON)
        for few in _in_twos(hand):
            number_of = {message["id"]: message["to"] for message in few}
            began = time.monotonic()
            for answer in _begin(few):
                begun_from[number_of[answer.id]] = began
                answers[number_of[answer.id]] = answer.code or answer.state
        start.wait(SOON)
    refusers.numbers = []
    start.wait(SOON)
    refusers.join(SOON)

    assert refusers.failure is None
    assert len(refusers.committed_at) == len(answers) == RACES
    late = [n for n, began in begun_from.items() if began > refusers.committed_at[n]]
    assert {answers[number] for number in late} <= {"opted_out"}
    for number, (state, judged_at) in _ends().items():
        if state is MessageState.SUBMITTING:
            assert judged_at <= refusers.locked_at[number], number
    seen = Counter(answers.values())
    assert set(seen) == {"submitting", "opted_out"}, seen


def _lease():
    with transaction():
        wish = Wish(most=ROUND, lease_seconds=600, worker="w")
        return service.lease_messages(wish, gateway_id="g", now=clock.now()).leased


def _in_twos(hand):
    shuffled = random.sample(hand, len(hand))
    return [shuffled[place : place + 2] for place in range(0, len(shuffled), 2)]


def _begin(messages):
    time.sleep(random.uniform(0, 0.01))
    held = [Held(id=m["id"], lease_token=m["lease"]["token"]) for m in messages]
    with transaction():
        return service.begin_messages(held, gateway_id="g", now=clock.now())


def _ends():
    columns = (CareMessage.number, CareMessage.state, Slot.judged_at)
    wanted = sa.select(*columns).join(Slot, Slot.id == CareMessage.slot_id)
    return {number: (state, at) for number, state, at in db.session.execute(wanted)}
