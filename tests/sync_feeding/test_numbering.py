"""Numbers become visible in their order: no phone passes over one that is committed later."""

from __future__ import annotations

import random
import threading
from contextlib import contextmanager, suppress

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from crm_api.app import create_app
from crm_api.customers.models import Customer
from crm_api.kit import clock, touches
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.sync.feeding import service
from crm_api.sync.feeding.service import writing
from crm_api.sync.feeding.terms import Locked
from crm_api.sync.models import FeedRow
from crm_api.sync.terms import Op
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer
from tests.support import databases
from tests.support.feeds import assert_feeds_true, seq_of
from tests.support.forks import apart

WRITERS, WRITES, SOME = 3, 20, 0.2


def rename(customer_id, name):
    """Change a customer, and number what that tells the feeds."""
    customer = db.session.get_one(Customer, customer_id, with_for_update=True)
    customer.name = name
    touches.tell_now()


def poll(actor, cursor):
    """Read what came after a cursor, as a phone does; return it with the next one."""
    with transaction(read_only=True):
        chosen = sa.select(FeedRow.record_id, FeedRow.seq)
        chosen = chosen.where(FeedRow.subscriber_id == actor.id, FeedRow.seq > cursor)
        rows = db.session.execute(chosen.order_by(FeedRow.seq)).all()
    return {row.record_id for row in rows}, max((row.seq for row in rows), default=cursor)


@contextmanager
def numbered_and_not_committed(app, customer):
    """Let somebody else have numbered a change of theirs, and commit only afterwards."""
    numbered, may_commit = threading.Event(), threading.Event()

    def write():
        with app.app_context(), transaction():
            rename(customer.id, "early")
            numbered.set()
            may_commit.wait(20)

    writer = threading.Thread(target=write)
    writer.start()
    assert numbered.wait(20)
    try:
        yield
    finally:
        may_commit.set()
        writer.join()


@pytest.fixture
def on_postgres(backend):
    if backend != "postgres":
        pytest.skip("SQLite has one writer at a time anyhow")


@pytest.mark.usefixtures("on_postgres")
def test_one_more_than_the_greatest_would_lose_what_is_committed_later(
    app, owner, now, monkeypatch
):
    early, late = make_customer(owner), make_customer(owner)
    cursor = seq_of(owner)

    def greatest(_records, *, others):
        del others
        greatest = sa.select(sa.func.max(FeedRow.seq)).where(FeedRow.subscriber_id == owner.id)
        seq = db.session.scalars(greatest).one()
        return {owner.id: Locked(owner.id, seq, is_active=True, has_moved=False)}

    monkeypatch.setattr(writing, "lock_feeds", greatest)
    monkeypatch.setattr(writing, "_count_up", lambda _feeds, _by: None)
    with numbered_and_not_committed(app, early):
        with transaction():
            rename(late.id, "late")
        first, cursor = poll(owner, cursor)
    then, cursor = poll(owner, cursor)

    assert first == {late.id}
    assert then == set()  # the phone never hears of the other


@pytest.mark.usefixtures("on_postgres")
def test_whoever_writes_into_one_feed_waits_and_nobody_else_does(app, owner, colleague, now):
    early, late, elsewhere = make_customer(owner), make_customer(owner), make_customer(colleague)
    cursor = seq_of(owner)
    done = threading.Event()

    def write():
        with app.app_context(), transaction():
            rename(late.id, "late")
        done.set()

    second = threading.Thread(target=write)
    with numbered_and_not_committed(app, early):
        second.start()
        with transaction():
            rename(elsewhere.id, "elsewhere")
        waiting = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        while not waits(waiting):
            assert not done.is_set()
        assert poll(owner, cursor) == (set(), cursor)
    second.join()

    assert poll(owner, cursor)[0] == {early.id, late.id}
    assert_feeds_true(app)


def waits(waiting):
    with transaction(read_only=True):
        return db.session.scalars(waiting).one()


@pytest.mark.usefixtures("on_postgres")
def test_who_changes_hands_while_somebody_writes_goes_along_with_it(app, owner, colleague, now):
    """The writer holds no lock on the customer, and knows of the former owner alone."""
    customer = make_customer(owner)
    done = threading.Event()

    def hand_over():
        with app.app_context(), transaction():
            known = db.session.get_one(Customer, customer.id)
            known.owner_id, known.team_id = colleague.id, colleague.team_id
        done.set()

    def note():
        with app.app_context(), transaction():
            touches.touch("customers", [customer.id])

    with numbered_and_not_committed(app, make_customer(owner)):
        both = [threading.Thread(target=work) for work in (hand_over, note)]
        for one in both:
            one.start()
        waiting = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        while waits(waiting) < len(both):
            assert not done.is_set()
    for one in both:
        one.join()

    assert_feeds_true(app)


@pytest.mark.usefixtures("on_postgres")
def test_who_is_written_of_while_the_first_phone_of_a_stand_in_is_filled_comes_along(app, team):
    """No phone of the absent one reads: the writer knows of nobody whom it would concern."""
    absent, stand_in = make_staff(team=team), make_staff(team=team)
    done = threading.Event()

    def write():
        with app.app_context():
            make_customer(absent)
        done.set()

    waiting = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    writer = threading.Thread(target=write)
    with transaction():
        service.activate(stand_in.id, covers=[absent.id], now=clock.now())
        writer.start()
        while not beside(waiting):
            assert not done.is_set()
    writer.join()

    assert_feeds_true(app)


def beside(statement):
    """Ask beside the transaction that is open."""
    with db.engine.connect() as connection:
        return connection.scalar(statement)


@pytest.mark.heavy
@pytest.mark.usefixtures("on_postgres")
def test_hostile_polling_loses_nothing(app, owner, colleague, now, database_url):
    """Processes write to two portfolios and move customers between them; a phone polls meanwhile.

    Some roll back, and some stand in each other's way.
    """
    people = [(one.id, one.team_id) for one in (owner, colleague)]
    ids = [make_customer(one).id for one in (owner, owner, owner, colleague) for _ in range(2)]
    phone, cursor, told = set(), 0, 0

    writers = [apart(write, database_url, number, ids, people) for number in range(WRITERS)]
    is_over = False
    while not is_over:
        is_over = not any(writer.is_alive() for writer in writers)  # and one more look
        with transaction(read_only=True):
            chosen = sa.select(FeedRow.record_id, FeedRow.op, FeedRow.seq)
            chosen = chosen.where(FeedRow.subscriber_id == owner.id, FeedRow.seq > cursor)
            rows = db.session.execute(chosen.order_by(FeedRow.seq)).all()
        phone = {*phone, *(r.record_id for r in rows)} - {r[0] for r in rows if r.op == Op.GONE}
        cursor, told = max([cursor, *(r.seq for r in rows)]), told + len(rows)

    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    assert told > len(ids)
    with transaction(read_only=True):
        theirs = sa.select(Customer.id).where(Customer.owner_id == owner.id)
        assert phone == set(db.session.scalars(theirs))
        newest = sa.select(sa.func.max(FeedRow.seq)).where(FeedRow.subscriber_id == owner.id)
        assert cursor == db.session.scalars(newest).one()
    assert_feeds_true(app)


def write(url, number, ids, people):
    """Change customers and whose they are, as one of several processes."""
    dice = random.Random(number)
    app = create_app(databases.settings_for(url))
    with app.app_context():
        for turn in range(WRITES):
            # Whoever waits too long for a lock is refused, and nothing of theirs is kept.
            with suppress(OperationalError), transaction():
                for customer_id in sorted(dice.sample(ids, dice.randint(1, 3))):
                    known = db.session.get_one(Customer, customer_id, with_for_update=True)
                    known.name = f"{number}-{turn}"
                    if dice.random() < SOME:
                        known.owner_id, known.team_id = dice.choice(people)
                if dice.random() < SOME:
                    db.session.rollback()
            db.session.remove()
        db.engine.dispose()
