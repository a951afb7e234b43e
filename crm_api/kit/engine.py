"""Both engines set up so that a lock is a lock and a commit is on disk."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError

if TYPE_CHECKING:
    from crm_api.config import Settings

# DEFERRED for what only reads; everything else takes the write lock before it looks.
sqlite_begin: ContextVar[str] = ContextVar("sqlite_begin", default="IMMEDIATE")

IDLE_SECONDS = 5
LOOK_AGAIN_SECONDS = 0.001
APART = "is_apart"  # the option of connections on which each statement is a transaction of its own

PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "temp_store=MEMORY",
    "cache_size=-16000",
    "trusted_schema=OFF",
)


class LocksDoNotHold(RuntimeError):
    """Two connections held one lock at once: no cap could be kept on this database."""


def engine_options(settings: Settings) -> dict[str, Any]:
    """Return `create_engine` options for the engine that the settings name."""
    silent = {"hide_parameters": True}  # of errors, which are logged: they name people
    if settings.database_url.startswith("sqlite"):
        return {**silent, "connect_args": {"timeout": settings.lock_timeout_ms / 1000}}
    timeouts = (
        f"-c lock_timeout={settings.lock_timeout_ms}"
        f" -c statement_timeout={settings.statement_timeout_ms}"
        " -c idle_in_transaction_session_timeout=30000 -c timezone=UTC"
    )
    return {
        **silent,
        "pool_size": settings.pool_size,
        "max_overflow": 0,
        "pool_use_lifo": True,  # the connection used last is the warmest
        "pool_timeout": 10,
        "isolation_level": "AUTOCOMMIT",  # the driver begins nothing by itself; we do
        "connect_args": {"options": timeouts},
    }


def prepare_engine(engine: sa.Engine, settings: Settings) -> None:
    """Make both begin, and SQLite wait, as the ledger needs it; see that PostgreSQL still listens.

    The driver of neither begins anything by itself: to turn that off and on again for those who
    only read costs as much as their reading does.
    """
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine, settings)
    else:
        _prepare_postgresql(engine)
        _ping_the_idle(engine)


def _prepare_sqlite(engine: sa.Engine, settings: Settings) -> None:
    @sa.event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself; we do
        with closing(connection.cursor()) as cursor:
            cursor.execute(f"PRAGMA busy_timeout={settings.lock_timeout_ms}")
            for pragma in PRAGMAS:
                cursor.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        if sqlite_begin.get() == "IMMEDIATE":
            _take_write_lock(connection, patience_ms=settings.lock_timeout_ms)
        else:
            connection.exec_driver_sql(f"BEGIN {sqlite_begin.get()}")


def _take_write_lock(connection: sa.Connection, *, patience_ms: int) -> None:
    """Begin to write, once nobody else does.

    SQLite itself looks again ever more rarely, and misses the moment between two transactions of a
    command that writes without a pause: everybody else waited in vain.
    """
    driver: Any = connection.connection.dbapi_connection
    deadline = time.monotonic() + patience_ms / 1000
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while not _begins_to_write(driver, is_last_try=time.monotonic() >= deadline):
            time.sleep(LOOK_AGAIN_SECONDS)
    except sqlite3.OperationalError as error:
        raise wrapped(error, connection, "BEGIN IMMEDIATE") from error
    finally:
        driver.execute(f"PRAGMA busy_timeout={patience_ms}")


def _begins_to_write(driver: sqlite3.Connection, *, is_last_try: bool) -> bool:
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if is_last_try or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _prepare_postgresql(engine: sa.Engine) -> None:
    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        if connection.get_execution_options().get(APART):
            return
        driver: Any = connection.connection.dbapi_connection
        try:
            driver.execute("BEGIN ISOLATION LEVEL READ COMMITTED")
        except engine.dialect.loaded_dbapi.Error as error:
            raise wrapped(error, connection, "BEGIN") from error


def _ping_the_idle(engine: sa.Engine) -> None:
    """Ask a connection whether it lives only after it idled: SQLAlchemy's pre-ping asks each time.

    One that dies in between costs its request a 503, which is safe to repeat.
    """

    @sa.event.listens_for(engine, "checkin")
    def _note(_connection: Any, record: Any) -> None:
        record.info["idle_since"] = time.monotonic()

    @sa.event.listens_for(engine, "checkout")
    def _ping(connection: Any, record: Any, _proxy: Any) -> None:
        since = record.info.get("idle_since")
        if since is None or time.monotonic() - since < IDLE_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error


def wrapped(error: Exception, connection: sa.Connection, text: str) -> Exception:
    """Return what SQLAlchemy would raise of a driver's error.

    Where a connection was lost, the others of the pool are too, as a rule: none is used again.
    """
    dialect, driver = connection.dialect, connection.connection.dbapi_connection
    is_lost = dialect.is_disconnect(error, driver, None)  # type: ignore[arg-type]
    if is_lost:
        connection.invalidate(error)
        connection.engine.dispose()
    base = dialect.loaded_dbapi.Error
    return DBAPIError.instance(
        text, None, error, base, connection_invalidated=is_lost, dialect=dialect
    )


def prove_locks_hold(engine: sa.Engine) -> None:
    """Try to take one lock from two connections; the second must fail.

    :raises LocksDoNotHold: if both got it
    """
    with engine.connect() as first, engine.connect() as second:
        if engine.dialect.name == "sqlite":
            _prove_on_sqlite(first, second)
        else:
            _prove_on_postgresql(first, second)


def _prove_on_sqlite(first: sa.Connection, second: sa.Connection) -> None:
    # The start-up of several processes meets here: the first may have to wait, the second may not.
    first.begin()
    raw = second.connection.dbapi_connection
    assert raw is not None  # noqa: S101 - a checked-out connection has one
    raw.execute("PRAGMA busy_timeout=0")
    try:
        raw.execute("BEGIN IMMEDIATE")
    except Exception as error:
        if "locked" not in str(error):
            raise
    else:
        msg = "SQLite let two connections write at once."
        raise LocksDoNotHold(msg)
    finally:
        second.invalidate()


def _prove_on_postgresql(first: sa.Connection, second: sa.Connection) -> None:
    for connection in (first, second):
        level = connection.exec_driver_sql("SHOW transaction_isolation").scalar_one()
        if level != "read committed":
            msg = f"PostgreSQL runs at {level}; the ledger needs read committed."
            raise LocksDoNotHold(msg)
    row = "SELECT version_num FROM alembic_version FOR NO KEY UPDATE"
    if first.exec_driver_sql(row).first() is None:
        msg = "The database is empty: run the migrations first."
        raise LocksDoNotHold(msg)
    try:
        second.exec_driver_sql(row + " NOWAIT")
    except OperationalError:
        return
    msg = "PostgreSQL gave one row lock to two connections."
    raise LocksDoNotHold(msg)
