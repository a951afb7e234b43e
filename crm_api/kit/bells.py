"""Wait until something may have happened, without a transaction and without asking all the time.

A bell carries nothing: whoever hears it looks. PostgreSQL rings by NOTIFY, for all hosts; on
SQLite each commit of another connection is heard.
"""

from __future__ import annotations

import hashlib
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import psycopg
import sqlalchemy as sa
import structlog
from sqlalchemy.exc import OperationalError, TimeoutError  # noqa: A004

from crm_api.kit.db import autocommitting, db
from crm_api.kit.engine import wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy.orm import Session

    # Wait for so many seconds at the most.
    Wait = Callable[[float], None]

PAUSE_SECONDS: Final = 0.1

log = structlog.get_logger()
_BELLS = "bells_to_be_rung"


def ring_afterwards(names: Iterable[str]) -> None:
    """Ring these bells once this transaction is committed.

    Not with it: PostgreSQL lets one transaction commit at a time of those that notify.
    """
    if db.engine.dialect.name == "postgresql":
        db.session().info.setdefault(_BELLS, set()).update(names)


@sa.event.listens_for(db.session, "after_begin")
def _begin(session: Session, transaction: Any, _connection: Any) -> None:
    if transaction.parent is None:  # what an earlier one would have told went with its roll-back
        session.info.pop(_BELLS, None)


def ring() -> None:
    """Ring what the transaction that was just committed had to tell.

    Where it cannot be rung, whoever waits looks at last all the same.
    """
    names = db.session().info.pop(_BELLS, None)
    if not names:
        return
    channels = [_channel(name) for name in names]
    try:
        with autocommitting(db.engine).connect() as connection:
            notify = "SELECT pg_notify(channel, '') FROM unnest(%(channels)s::text[]) channel"
            connection.exec_driver_sql(notify, {"channels": channels})
    except (OperationalError, TimeoutError):  # none was free
        log.warning("bells_not_rung")


@contextmanager
def hearing(name: str) -> Iterator[Wait]:
    """Hear a bell from now on: what it tells of after this cannot be missed."""
    is_sqlite = db.engine.dialect.name == "sqlite"
    listen = _hear_commits if is_sqlite else _hear_bell
    engine = db.engine if is_sqlite else autocommitting(db.engine)
    with engine.connect() as connection, listen(connection, _channel(name)) as wait:
        yield wait


@contextmanager
def _hear_bell(connection: sa.Connection, channel: str) -> Iterator[Wait]:
    driver: Any = connection.connection.dbapi_connection

    def wait(seconds: float) -> None:
        for _ in driver.notifies(timeout=seconds, stop_after=1):
            return

    try:
        driver.execute(f"LISTEN {channel}")
        yield wait
        driver.execute(f"UNLISTEN {channel}")
    except psycopg.Error as error:
        raise wrapped(error, connection, "LISTEN") from error
    except BaseException:
        connection.invalidate()  # nobody else is to hear it
        raise


@contextmanager
def _hear_commits(connection: sa.Connection, _channel: str) -> Iterator[Wait]:
    driver: Any = connection.connection.dbapi_connection

    def version() -> int:
        [found] = driver.execute("PRAGMA data_version").fetchone()
        return int(found)

    heard = version()

    def wait(seconds: float) -> None:
        nonlocal heard
        deadline = time.monotonic() + seconds
        while heard == (heard := version()) and time.monotonic() < deadline:
            time.sleep(PAUSE_SECONDS)

    yield wait


def _channel(name: str) -> str:
    return f"bell_{hashlib.blake2b(name.encode(), digest_size=16).hexdigest()}"
