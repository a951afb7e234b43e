"""One request, one command or one chunk of work is one transaction: the only commit is here."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.kit import bells
from crm_api.kit.db import db, give_back, statements_together
from crm_api.kit.engine import sqlite_begin
from crm_api.kit.errors import DomainError
from crm_api.kit.straight import StraightWrite

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_SECONDS = 60
_UNHURRIED = sa.func.set_config("synchronous_commit", "off", True) != ""  # noqa: FBT003


@contextmanager
def transaction(*, read_only: bool = False) -> Iterator[None]:
    """Commit what happens inside, or nothing of it.

    A refusal that must be remembered is written in a second transaction, after the roll-back.
    """
    token = sqlite_begin.set("DEFERRED" if read_only else "IMMEDIATE")
    try:
        yield
        _commit()
    except BaseException as error:
        db.session.rollback()
        if isinstance(error, DomainError) and error.remember is not None:
            _remember(error)
        raise
    finally:
        sqlite_begin.reset(token)


def _remember(refusal: DomainError) -> None:
    # Once: a transaction around this one, which the refusal leaves next, would write it again.
    remember, refusal.remember = refusal.remember, None
    assert remember is not None  # noqa: S101 - the caller looked
    sqlite_begin.set("IMMEDIATE")
    with statements_together():
        remember()
        _commit()


def _commit() -> None:
    if db.session.registry.has():  # else nobody asked for a session, and none need be made
        db.session.commit()
        bells.ring()


def end_reading() -> None:
    """Let go of the database before something slow, such as a password hash."""
    if db.session.registry.has():
        db.session.rollback()
    give_back()


@contextmanager
def writing_apart() -> Iterator[None]:
    """Write amid a request that otherwise only reads, in a transaction of its own."""
    end_reading()
    with statements_together(), transaction():
        yield


class LoneWrite:
    """One statement that is a transaction of its own, amid a request that reads.

    PostgreSQL does not wait for the disk: for what costs little where it goes with the power.
    """

    def __init__(self, statement: sa.Update) -> None:
        self._statement = statement
        self._unhurried = StraightWrite(statement.where(_UNHURRIED))

    def run(self, **values: Any) -> None:
        """Run it now."""
        if db.engine.dialect.name == "sqlite":
            with writing_apart():
                db.session.execute(self._statement, values)
        else:
            self._unhurried.run(**values)


@contextmanager
def reading_apart() -> Iterator[None]:
    """Look at one state of the database for seconds, kept by the engine itself from writing.

    What came before in this transaction is let go, so that nobody waits for its locks meanwhile;
    what comes after begins anew.
    """
    db.session.rollback()
    token = sqlite_begin.set("DEFERRED")
    try:
        with _only_reading():
            yield
    finally:
        db.session.rollback()
        sqlite_begin.reset(token)


@contextmanager
def _only_reading() -> Iterator[None]:
    if db.engine.dialect.name == "postgresql":
        snapshot = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
        db.session.execute(sa.text(snapshot))
        # Nobody waits for it, so that it may take longer than what holds locks.
        db.session.execute(sa.text(f"SET LOCAL statement_timeout = '{PATIENCE_SECONDS}s'"))
        yield
        return
    connection = db.session.connection()
    connection.exec_driver_sql("PRAGMA query_only=ON")
    try:
        yield
    finally:
        connection.exec_driver_sql("PRAGMA query_only=OFF")
