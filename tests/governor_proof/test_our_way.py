"""Where the unsafe ways break, ours holds: locks, then the time, then what there is; ahead too."""

from __future__ import annotations

import threading
import time
from datetime import date
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from crm_api.contact_frequency.terms import Verdict
from crm_api.customers.locks import lock_subjects
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.governor_proof import laws, model
from tests.governor_proof.telling import decide
from tests.governor_proof.tries import BOOK, COUNT, SOON


def test_looking_back_only_misses_what_is_booked_ahead():
    noon = model.shown(date(2026, 3, 5), 12 * 60, ZoneInfo("Asia/Shanghai"))
    ahead = model.Contact("ahead", noon + model.DAY - 1, "call", "service", ("ann",))
    world = model.World(
        zone=ZoneInfo("Asia/Shanghai"),
        now=noon - model.DAY,
        laws=laws.SHIPPED,
        people={"ann": model.Person()},
        contacts=[ahead],
        asked=model.Contact("asked", noon, "call", "service", ("ann",)),
    )

    assert decide(world).verdict is Verdict.BLOCKED
    world.contacts = [c for c in world.contacts if c.at <= noon]
    assert decide(world).verdict is Verdict.ALLOWED


@pytest.fixture
def tries(app):
    """The same small table in the product's own database."""
    with transaction():
        db.session.execute(sa.text("CREATE TABLE tries (customer_id text)"))
    yield
    db.session.rollback()
    with transaction():
        db.session.execute(sa.text("DROP TABLE tries"))


class Rival(threading.Thread):
    """Books in our way: locks, then reads the time and what there is."""

    def __init__(self, app, *, comes_after, then=lambda: None):
        super().__init__()
        self.app, self.comes_after, self.then = app, comes_after, then
        self.read_at = self.booked_at = None

    def run(self):
        with self.app.app_context(), transaction():
            assert self.comes_after.wait(SOON)
            lock_subjects(customer_ids=["ann"], endpoints=["+8613900000001"])
            self.read_at = clock.after_lock(db.session)
            is_free = db.session.execute(sa.text(COUNT)).scalar_one() == 0
            self.then()
            if is_free:
                db.session.execute(sa.text(BOOK))
                self.booked_at = clock.after_lock(db.session)


def test_our_way_holds_where_those_break(app, tries):
    at_once, holds_lock, may_book = (threading.Event() for _ in range(3))

    def hold():
        holds_lock.set()
        assert may_book.wait(SOON)

    first = Rival(app, comes_after=at_once, then=hold)
    second = Rival(app, comes_after=holds_lock)
    at_once.set()
    first.start()
    second.start()
    assert holds_lock.wait(SOON)
    time.sleep(0.3)  # the second is at the lock by now, or comes to it still later
    assert second.read_at is None
    may_book.set()
    first.join(SOON)
    second.join(SOON)

    assert db.session.execute(sa.text(COUNT)).scalar_one() == 1
    assert first.booked_at <= second.read_at
    assert second.booked_at is None


def test_our_transactions_read_what_was_committed_before_each_statement(app, backend):
    if backend == "sqlite":
        pytest.skip("SQLite lets one writer in at a time")
    with transaction():
        level = db.session.execute(sa.text("SHOW transaction_isolation")).scalar_one()

    assert level == "read committed"
