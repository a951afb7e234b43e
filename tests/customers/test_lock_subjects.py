from __future__ import annotations

import contextlib
import threading
import time

import pytest
import sqlalchemy as sa

from crm_api.customers.locks import NotWriting, lock_subjects
from crm_api.customers.models import SubjectLock
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction

COUNTER = sa.table("counters", sa.column("value"))


@pytest.fixture
def counter(app):
    """A number that every thread raises by reading and writing it: only a lock keeps it right."""
    with db.engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE counters (value INTEGER)"))
        connection.execute(COUNTER.insert().values(value=0))
    yield
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE counters"))


def read_counter():
    with transaction(read_only=True):
        return db.session.execute(sa.select(COUNTER.c.value)).scalar_one()


def run_at_once(app, *works):
    """Run these in threads that start together; re-raise what any of them raised."""
    start, failures = threading.Barrier(len(works)), []

    def run(work):
        with app.app_context():
            start.wait()
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - handed to the test
                failures.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    [t.start() for t in threads]
    [t.join() for t in threads]
    if failures:
        raise failures[0]


def raise_counter(**subjects):
    with transaction():
        lock_subjects(**subjects)
        value = db.session.execute(sa.select(COUNTER.c.value)).scalar_one()
        time.sleep(0.02)
        db.session.execute(COUNTER.update().values(value=value + 1))


def test_one_waits_for_the_other_although_no_row_existed(app, counter):
    run_at_once(app, *[lambda: raise_counter(customer_ids=["c1"])] * 6)

    assert read_counter() == 6


def test_a_shared_endpoint_is_enough_to_wait(app, counter):
    def first():
        raise_counter(customer_ids=["c1"], endpoints=["+8613900000001"])

    def second():
        raise_counter(customer_ids=["c2"], endpoints=["+8613900000001"])

    run_at_once(app, first, second, first, second)

    assert read_counter() == 4


def test_the_order_of_asking_does_not_matter(app, counter):
    subjects = [f"c{n}" for n in range(20)]

    def forwards():
        raise_counter(customer_ids=subjects, endpoints=["+1", "+2"])

    def backwards():
        raise_counter(customer_ids=reversed(subjects), endpoints=["+2", "+1"])

    run_at_once(app, forwards, backwards, forwards, backwards, forwards, backwards)

    assert read_counter() == 6


def test_without_a_common_subject_the_count_goes_wrong(app, counter, backend):
    """The tests above have teeth: where nobody waits, a number is lost."""
    run_at_once(
        app,
        lambda: raise_counter(customer_ids=["c1"]),
        lambda: raise_counter(customer_ids=["c2"]),
    )

    # SQLite lets one transaction write at a time, whatever it locks.
    assert read_counter() == {"sqlite": 2, "postgres": 1}[backend]


def test_a_row_is_made_for_each_subject_once(app):
    for _ in range(2):
        with transaction():
            lock_subjects(customer_ids=["b", "a", "a"], endpoints=["+1"])

    with transaction(read_only=True):
        rows = db.session.execute(
            sa.select(SubjectLock.kind, SubjectLock.subject_id).order_by(SubjectLock.subject_id)
        ).all()
    assert [tuple(r) for r in rows] == [("endpoint", "+1"), ("customer", "a"), ("customer", "b")]


def test_a_reading_transaction_of_sqlite_locks_nothing_and_says_so(app, backend):
    refused = pytest.raises(NotWriting) if backend == "sqlite" else contextlib.nullcontext()

    with refused, transaction(read_only=True):
        lock_subjects(customer_ids=["a"])


def test_more_subjects_than_one_statement_takes(app):
    with transaction():
        lock_subjects(customer_ids=[f"c{n:04d}" for n in range(1_000)])
        count = db.session.execute(sa.select(sa.func.count()).select_from(SubjectLock)).scalar_one()

    assert count == 1_000
