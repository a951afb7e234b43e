"""What SQLAlchemy and SQLite do by default breaks a cap, step by step."""

from __future__ import annotations

import sqlite3

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from tests.governor_proof.tries import BOOK, COUNT, one


@pytest.fixture
def tries_file(tmp_path):
    path = tmp_path / "tries.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE tries (customer_id text)")
    connection.close()
    return path


def test_sqlalchemys_own_transactions_on_sqlite_let_both_look_first(tries_file):
    engine = sa.create_engine(f"sqlite:///{tries_file}")
    tries = sa.table("tries", sa.column("customer_id"))
    look = sa.select(tries.c.customer_id).with_for_update()

    with engine.connect() as first, engine.connect() as second:
        saw = [first.execute(look).all(), second.execute(look).all()]
        for connection in (first, second):
            connection.execute(tries.insert().values(customer_id="ann"))
            connection.commit()
        contacts = first.execute(sa.text(COUNT)).scalar_one()
    engine.dispose()

    assert saw == [[], []]
    assert contacts == 2


def test_a_row_lock_compiles_to_nothing_on_sqlite():
    statement = sa.select(sa.column("id")).select_from(sa.table("customers"))

    locked = statement.with_for_update().compile(dialect=sqlite.dialect())

    assert str(locked) == str(statement.compile(dialect=sqlite.dialect()))


def test_a_deferred_transaction_on_sqlite_does_not_wait_to_look(tries_file):
    first, second = (sqlite3.connect(tries_file, isolation_level=None) for _ in "12")

    for connection in (first, second):
        connection.execute("BEGIN DEFERRED")
    saw = [one(first, COUNT), one(second, COUNT)]
    first.execute(BOOK)
    first.execute("COMMIT")
    # It cannot write on what it saw, and whoever repeats only the write books a second contact.
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        second.execute(BOOK)
    second.execute("ROLLBACK")
    second.execute(BOOK)

    assert saw == [0, 0]
    assert one(first, COUNT) == 2
    first.close()
    second.close()
