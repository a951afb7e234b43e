"""Several like records written in a run: what they need is read once, what they change sent once.

A service serves one record at a time, online as in a run. In a run it finds what was read ahead for
all of them, under locks that the caller holds, and what it wrote is flushed when the run ends.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.kit.bulk import is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterator

_RUN, _LOCKED = "run", "read_under_locks"


@contextmanager
def run() -> Iterator[None]:
    """Write in a savepoint what belongs together: all of it, or by an error nothing."""
    session = db.session()
    try:
        with session.begin_nested():
            session.info[_RUN] = {}
            yield
            session.flush()
    finally:
        session.info.pop(_RUN, None)


def read_ahead(model: Any, ids: Collection[str]) -> None:
    """Read all records with these ids that there are, and remember of which there are none."""
    known: dict[Hashable, Any] = db.session().info[_RUN]
    known.update({(model, record_id): None for record_id in ids})
    for record in db.session.scalars(sa.select(model).where(is_among(model.id, ids))):
        known[model, record.id] = record


def note(key: Hashable, value: Any) -> None:
    """Remember something of this run, where there is one."""
    known = db.session().info.get(_RUN)
    if known is not None:
        known[key] = value


def recall(key: Hashable, read: Callable[[], Any]) -> Any:
    """Return what this run remembers, or else read it."""
    known = db.session().info.get(_RUN)
    return read() if known is None or key not in known else known[key]


def find(model: Any, record_id: str) -> Any:
    """Return a record by its id, or None."""
    return recall((model, record_id), lambda: db.session.get(model, record_id))


def flush() -> None:
    """Send what was written to the database: of a run, when it ends."""
    if _RUN not in db.session().info:
        db.session.flush()


@contextmanager
def under_locks() -> Iterator[None]:
    """Read once what nobody can change, and the caller does not, while it holds its locks."""
    info = db.session().info
    info[_LOCKED] = {}
    try:
        yield
    finally:
        info.pop(_LOCKED, None)


def read_once(
    kind: Hashable, ids: Collection[str], read: Callable[[Collection[str]], dict[str, Any]]
) -> dict[str, Any]:
    """Return what is read of each of these: under locks, only of those not read before."""
    locked = db.session().info.get(_LOCKED)
    if locked is None:
        return read(ids)
    known: dict[str, Any] = locked.setdefault(kind, {})
    unread = [one for one in ids if one not in known]
    if unread:
        known.update(dict.fromkeys(unread) | read(unread))
    return {one: known[one] for one in ids if known[one] is not None}
