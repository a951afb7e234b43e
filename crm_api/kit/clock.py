"""The one place that reads the time. Everything else is handed it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, scoped_session


def now() -> datetime:
    """Return this moment in UTC. Called by routes and commands only."""
    return datetime.now(UTC)


def after_lock(session: Session | scoped_session[Session]) -> datetime:
    """Return the database's own time, read once the locks are held.

    A transaction's start time, or a host's clock, may lie before a contact that a competitor
    committed while this transaction waited for its lock. Called by the governor only.
    """
    if session.get_bind().dialect.name == "postgresql":
        moment: datetime = session.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return moment.astimezone(UTC)
    stamp = session.execute(sa.text("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')")).scalar_one()
    return datetime.fromisoformat(stamp).replace(tzinfo=UTC)
