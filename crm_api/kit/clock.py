"""The one place that reads the time. Everything else is handed it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, scoped_session

POLICIES = 0x706F6C69  # names the lock that decisions share and a change of policy takes alone


def now() -> datetime:
    """Return this moment in UTC. Called by routes and commands only."""
    return datetime.now(UTC)


def after_lock(
    session: Session | scoped_session[Session], *, read: datetime | None = None
) -> datetime:
    """Return the database's own time, read once the locks are held: here, or as they were taken.

    A transaction's start time, or a host's clock, may lie before a contact that a competitor
    committed while this transaction waited for its lock. Called by the governor only.
    Until the transaction ends, the policies stay as they are: see `hold_policies_still`.
    """
    if read is not None:
        return read.astimezone(UTC)
    if session.get_bind().dialect.name == "postgresql":
        moment: datetime = session.execute(sa.select(*stay_and_read())).one()[1]
        return moment.astimezone(UTC)
    stamp = session.execute(sa.text("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')")).scalar_one()
    return datetime.fromisoformat(stamp).replace(tzinfo=UTC)


def stay_and_read() -> tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]]:
    """Return what a select asks PostgreSQL for: that the policies stay, and the time.

    Left to right: the time is read once nobody changes the policies.
    """
    return sa.func.pg_advisory_xact_lock_shared(POLICIES), sa.func.clock_timestamp()


def hold_policies_still(session: Session | scoped_session[Session]) -> datetime:
    """Wait for the decisions under way, let none begin before the commit; return the time.

    A policy that takes effect at this time is therefore known to every decision of a later one.
    SQLite has one writer at a time anyhow. Called by whoever changes policies.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(POLICIES)))
    return after_lock(session)
