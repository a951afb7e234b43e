"""Whose turn it is to do a regular piece of work: one row for each, taken for a time."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotations
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.kit.db import Model, db
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class WorkTurn(Model):
    """A regular piece of work: when it is due, who is at it, and how it ended the last time."""

    __tablename__ = "work_turns"

    name: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    due_at: Mapped[datetime]
    taken_by: Mapped[str | None] = mapped_column(sa.String(128))
    taken_until: Mapped[datetime | None]
    began_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="")


def ensure_turns(names: Iterable[str], *, now: datetime) -> None:
    """Make what is new due at once, and forget what is no longer regular work."""
    wanted = sorted(names)
    rows = [{"name": name, "due_at": now, "outcome": ""} for name in wanted]
    db.session.execute(insert(WorkTurn).values(rows).on_conflict_do_nothing())
    db.session.execute(sa.delete(WorkTurn).where(WorkTurn.name.not_in(wanted)))


def list_turns() -> Sequence[WorkTurn]:
    """Return all turns, the next due first, as they are now."""
    statement = sa.select(WorkTurn).order_by(WorkTurn.due_at, WorkTurn.name)
    return db.session.scalars(statement.execution_options(populate_existing=True)).all()


def take_turn(name: str, *, by: str, now: datetime, until: datetime) -> bool:
    """Take a turn that is due and that nobody holds; tell whether it was got.

    The row's own condition decides between two who ask at once. Whoever crashed holds a turn until
    its time is over, and no longer.
    """
    is_free = sa.or_(WorkTurn.taken_until.is_(None), WorkTurn.taken_until <= now)
    change = (
        sa.update(WorkTurn)
        .where(WorkTurn.name == name, WorkTurn.due_at <= now, is_free)
        .values(taken_by=by, taken_until=until, began_at=now)
        .returning(WorkTurn.name)
        .execution_options(synchronize_session=False)
    )
    return db.session.execute(change).first() is not None


def end_turn(name: str, *, by: str, now: datetime, outcome: str, due_at: datetime) -> None:
    """Give a turn back, due again later. One that another took over meanwhile is left to it."""
    change = (
        sa.update(WorkTurn)
        .where(WorkTurn.name == name, WorkTurn.taken_by == by)
        .values(taken_by=None, taken_until=None, ended_at=now, outcome=outcome, due_at=due_at)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(change)
