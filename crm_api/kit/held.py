"""What a transaction holds until it ends, so that it is not asked for twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable

_HELD = "held_by_transaction"


def holds(locks: Collection[Hashable]) -> bool:
    """Tell whether this transaction is known to hold all of these locks."""
    transaction, held = _noted()
    return (
        transaction is not None
        and transaction is db.session().get_transaction()
        and (held.issuperset(locks))
    )


def note_held(locks: Collection[Hashable]) -> None:
    """Note that this transaction holds these locks. A savepoint's may go with its roll-back."""
    session = db.session()
    if session.in_nested_transaction():
        return
    transaction, held = _noted()
    if transaction is not session.get_transaction():
        held = set()
        session.info[_HELD] = (session.get_transaction(), held)
    held.update(locks)


def _noted() -> tuple[Any, set[Any]]:
    noted: tuple[Any, set[Any]] = db.session().info.get(_HELD, (None, set()))
    return noted
