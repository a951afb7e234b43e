"""Unsafe ways to keep a cap on PostgreSQL break it, step by step; the safe one beside each holds.

Two connections ask at once for the one contact that a customer may have. Were one of these ways
safe after all, or our tests blind, a test here would fail.
"""

from __future__ import annotations

import os
import threading
import time

import psycopg
import pytest

from tests.governor_proof.tries import BOOK, COUNT, SOON, one
from tests.support import databases


@pytest.fixture
def dsn():
    """A PostgreSQL database of its own, with a customer's row to lock and a table of contacts."""
    host = os.environ.get("CRM_TEST_PG_HOST")
    if host is None:
        pytest.skip("asks PostgreSQL")
    name = f"crm_unsafe_{databases.worker_name()}"
    databases.clone_postgres(f"host={host} dbname=postgres user=crm", name, template="template0")
    dsn = f"host={host} dbname={name} user=crm"
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE tries (customer_id text, at timestamptz)")
        connection.execute("CREATE TABLE customers (id text PRIMARY KEY)")
        connection.execute("INSERT INTO customers VALUES ('ann')")
    return dsn


@pytest.fixture
def pair(dsn):
    """Two connections, each in a transaction as soon as it says something."""
    with psycopg.connect(dsn) as one, psycopg.connect(dsn) as two:
        yield one, two
        one.rollback()
        two.rollback()


def book_if_free(connection):
    if one(connection, COUNT) == 0:
        connection.execute(BOOK)
    connection.commit()


def while_it_waits(waiting, statement, meanwhile):
    """Let one connection wait for a lock; act; then let it have the lock."""
    thread = threading.Thread(target=waiting.execute, args=(statement,))
    with psycopg.connect(waiting.info.dsn, autocommit=True) as watch:
        thread.start()
        asleep = (
            "SELECT wait_event_type = 'Lock' FROM pg_stat_activity"
            f" WHERE pid = {waiting.info.backend_pid}"
        )
        deadline = time.monotonic() + SOON
        while not one(watch, asleep):
            assert time.monotonic() < deadline, "it did not have to wait"
            time.sleep(0.01)
    meanwhile()
    thread.join(SOON)


@pytest.mark.parametrize(
    "lock",
    [
        "SELECT id FROM customers WHERE id = 'ann' FOR UPDATE",
        "SELECT pg_advisory_xact_lock(1)",
    ],
    ids=["for_update", "advisory_lock"],
)
@pytest.mark.parametrize(
    ("level", "contacts"),
    [
        (psycopg.IsolationLevel.REPEATABLE_READ, 2),
        (psycopg.IsolationLevel.READ_COMMITTED, 1),
    ],
    ids=["repeatable_read", "read_committed"],
)
def test_a_lock_under_repeatable_read_looks_at_an_old_picture(pair, lock, level, contacts):
    first, second = pair
    first.isolation_level = second.isolation_level = level
    first.execute(lock)

    while_it_waits(second, lock, lambda: book_if_free(first))
    book_if_free(second)

    assert one(first, COUNT) == contacts


@pytest.mark.parametrize(("makes_the_row", "contacts"), [(False, 2), (True, 1)])
def test_a_lock_on_a_missing_row_locks_nothing(pair, makes_the_row, contacts):
    first, second = pair
    first.execute("DELETE FROM customers")
    first.commit()
    make = "INSERT INTO customers VALUES ('ann') ON CONFLICT DO NOTHING"
    lock = "SELECT id FROM customers WHERE id = 'ann' FOR UPDATE"
    if makes_the_row:
        first.execute(make)
        first.execute(lock)
        while_it_waits(second, make, lambda: book_if_free(first))
        second.execute(lock)
    else:
        first.execute(lock)
        second.execute(lock)
        first.execute(BOOK)
    book_if_free(second)
    first.commit()

    assert one(first, COUNT) == contacts


def test_insert_where_not_exists_sees_no_rival(pair):
    first, second = pair
    book = f"INSERT INTO tries SELECT 'ann' WHERE NOT EXISTS ({COUNT.replace('count(*)', '1')})"

    made = [first.execute(book).rowcount, second.execute(book).rowcount]
    first.commit()
    second.commit()

    assert made == [1, 1]
    assert one(first, COUNT) == 2


@pytest.mark.parametrize(("time_of_day", "contacts"), [("now()", 2), ("clock_timestamp()", 1)])
def test_the_time_at_which_a_transaction_began_lies_before_its_rival(pair, time_of_day, contacts):
    first, second = pair
    lock = "SELECT id FROM customers WHERE id = 'ann' FOR UPDATE"
    second.execute("SELECT 1")  # a request that began before, say by asking who signed in
    first.execute(lock)

    def book():
        first.execute("INSERT INTO tries VALUES ('ann', clock_timestamp())")
        first.commit()

    while_it_waits(second, lock, book)
    in_the_last_day = f"at > {time_of_day} - interval '1 day' AND at <= {time_of_day}"
    if one(second, f"{COUNT} AND {in_the_last_day}") == 0:
        second.execute(f"INSERT INTO tries VALUES ('ann', {time_of_day})")
    second.commit()

    assert one(first, COUNT) == contacts
