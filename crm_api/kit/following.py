"""Who follows what: a floor above learns what a transaction changed below it, before it commits.

Only `app` registers followers, so that no floor knows those above. A follower writes in the very
transaction of the change: where it fails, nothing is kept of either.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.orm import Session

    Watched = Mapping[type, tuple[str, ...]]

_NOTED = "changes_to_be_followed"


@dataclass(frozen=True, slots=True)
class Changed:
    """A record that was made, changed or deleted, and what its watched columns said before."""

    record: Any
    before: dict[str, Any] = field(default_factory=dict)


_followers: dict[Callable[[Sequence[Changed]], None], Watched] = {}


def follow(watched: Watched, tell: Callable[[Sequence[Changed]], None]) -> None:
    """Have a function told of each change of these columns, by model, before it commits.

    A model without columns is watched whole: that a row is made or deleted is a change of it too.
    """
    _followers[tell] = watched


@sa.event.listens_for(db.session, "after_begin")
def _begin(session: Session, transaction: Any, _connection: Any) -> None:
    if transaction.parent is None:  # what an earlier one noted went with its roll-back
        session.info.pop(_NOTED, None)


@sa.event.listens_for(db.session, "after_flush")
def _note(session: Session, _context: Any) -> None:
    for tell, watched in _followers.items():
        for record in chain(session.new, session.dirty, session.deleted):
            names = watched.get(type(record))
            if names is None:
                continue
            before = _before(record, names)
            if before or not names:
                noted = session.info.setdefault(_NOTED, {}).setdefault(tell, [])
                noted.append(Changed(record, before))


def _before(record: Any, names: tuple[str, ...]) -> dict[str, Any]:
    attributes = sa.inspect(record).attrs
    gone = {name: attributes[name].history.deleted for name in names}
    return {name: values[0] for name, values in gone.items() if values}


def tell_now() -> None:
    """Tell of the changes so far, for whoever wants to see what follows from them."""
    _tell(db.session())


@sa.event.listens_for(db.session, "before_commit")
def _tell(session: Session) -> None:
    if session.in_nested_transaction():  # a savepoint keeps nothing yet
        return
    session.flush()
    noted: dict[Any, list[Changed]] = session.info.pop(_NOTED, {})
    for tell in _followers:
        if changes := noted.get(tell):
            tell(changes)
