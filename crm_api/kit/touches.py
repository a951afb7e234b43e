"""Which records a transaction touched, by every road: told to whoever watches them as it commits.

What is written as objects is noted by itself. A bulk statement on a watched table says which
records it touches, or is refused: a road that forgets to would leave phones with what is no longer
so, and nobody would notice. Only `app` registers what is watched, so that no floor knows of it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from flask import has_app_context

# First of all, its listener has to be there before ours: what followers write is touched as well.
from crm_api.kit import clock, following
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

S = TypeVar("S", bound=sa.UpdateBase)

_NOTED, _NAMED, _GUARDED = "touched", "touched_records", "guarded_connection"


class Unnamed(AssertionError):
    """A bulk statement on a watched table does not say which records it touches."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"This statement writes to {table!r}, which is followed by phones: say which records"
            " it touches, see kit.touches."
        )


@dataclass(frozen=True, slots=True)
class Watched:
    """A table: which column names the record that a row makes, and which says whose it was."""

    key: str
    owner: str | None = None


@dataclass(slots=True)
class Touched:
    """What a transaction touched: records by table, and whose they were before."""

    records: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    former_owners: set[str] = field(default_factory=set)
    # Who is to have which records again, whether or not they were touched.
    again: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))


_watched: dict[str, Watched] = {}
_tells: list[Callable[[Touched, datetime], None]] = []


def watch(tables: Mapping[str, Watched], tell: Callable[[Touched, datetime], None]) -> None:
    """Have a function told what was touched in these tables, last of all before a commit."""
    _watched.clear()
    _watched.update(tables)
    _tells[:] = [tell]


def touch(table: str, ids: Iterable[str]) -> None:
    """Note that this transaction touched these records."""
    if table in _watched and (ids := set(ids)):
        _noted(db.session()).records[table] |= ids


def touch_again(reader_id: str, table: str, ids: Iterable[str]) -> None:
    """Note that one reader is to have these records again, as they are when it commits."""
    _noted(db.session()).again[reader_id, table] |= set(ids)


def touching(statement: S, ids: Iterable[str] = ()) -> S:
    """Let a bulk statement say which records it touches: none, where no watcher shows the change.

    Where only its `RETURNING` can tell, say so here, and name them to `touch` afterwards.
    """
    return statement.execution_options(**{_NAMED: tuple(ids)})


def touch_rows(table: sa.Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Note what a bulk insert or update of whole rows touches."""
    if (watched := _watched.get(table.name)) is not None:
        touch(table.name, (row[watched.key] for row in rows))


def touch_matching(table: Any, where: sa.ColumnElement[bool]) -> None:
    """Note what a bulk statement is about to touch, in whatever table it is."""
    if (watched := _watched.get(table.name)) is not None:
        key = table.c[watched.key]
        touch(table.name, db.session.scalars(sa.select(key).where(where)))


def tell_now() -> None:
    """Tell of what was touched so far, for whoever wants to see what follows from it."""
    following.tell_now()
    _tell(db.session())


def _noted(session: Session) -> Touched:
    noted: Touched = session.info.setdefault(_NOTED, Touched())
    return noted


@sa.event.listens_for(db.session, "after_begin")
def _begin(session: Session, _transaction: Any, connection: sa.Connection) -> None:
    session.info[_GUARDED] = connection


@sa.event.listens_for(db.session, "after_transaction_end")
def _end(session: Session, transaction: Any) -> None:
    if transaction.parent is None:
        session.info.pop(_GUARDED, None)
        session.info.pop(_NOTED, None)  # gone with a roll-back


@sa.event.listens_for(db.session, "after_flush")
def _note(session: Session, _context: Any) -> None:
    for record in chain(session.new, session.dirty, session.deleted):
        watched = _watched.get(record.__tablename__)
        if watched is None or not _is_changed(session, record):
            continue
        noted = _noted(session)
        attributes = sa.inspect(record).attrs
        # Where a record takes another id, the one that it had is touched as well.
        key = attributes[watched.key]
        noted.records[record.__tablename__].update((key.value, *(key.history.deleted or ())))
        if watched.owner is not None:
            before = attributes[watched.owner].history.deleted
            noted.former_owners.update(one for one in before or () if one is not None)


def _is_changed(session: Session, record: Any) -> bool:
    return record not in session.dirty or session.is_modified(record)


@sa.event.listens_for(sa.Engine, "before_execute")
def _guard(
    connection: Any, statement: Any, _many: Any, _one: Any, options: Mapping[str, Any]
) -> None:
    if not isinstance(statement, sa.UpdateBase) or not _watched:
        return
    table = statement.table.name  # type: ignore[union-attr]
    if table not in _watched or not _is_bulk(connection):
        return
    if _NAMED not in options:
        raise Unnamed(table)
    touch(table, options[_NAMED])


def _is_bulk(connection: sa.Connection) -> bool:
    """Tell statements that somebody wrote from those by which the session writes its objects."""
    if not has_app_context() or not db.session.registry.has():
        return False
    session = db.session()
    return session.info.get(_GUARDED) is connection and not session._flushing  # noqa: SLF001


@sa.event.listens_for(db.session, "before_commit")
def _tell(session: Session) -> None:
    if session.in_nested_transaction():  # a savepoint keeps nothing yet
        return
    session.flush()
    touched: Touched | None = session.info.pop(_NOTED, None)
    if touched is not None:
        for tell in _tells:
            tell(touched, clock.now())
