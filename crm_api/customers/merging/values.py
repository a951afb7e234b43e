"""A merge under way, as its rules see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.customers.merging.service.journal import Journal
    from crm_api.customers.merging.terms import RowChange
    from crm_api.customers.models import Customer


@dataclass(frozen=True, slots=True)
class Merging:
    """Two locked customers, the one that goes on and the one that becomes part of it.

    `since` is, where a merge is undone, when it was made.
    """

    survivor: Customer
    merged: Customer
    journal: Journal
    by: Actor
    now: datetime
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """What a package does with its own tables where two customers are merged.

    `stays` names, by table, what must not go back where the merge is undone, because it happened
    since. `after_undo` follows once every row is back: for what is worked out from others.
    """

    merge: Callable[[Merging], Any]
    stays: Callable[[Merging], Mapping[str, Collection[str]]] | None = None
    after_undo: Callable[[Merging], Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """How many rows of a table a merge moves, changes, takes away or adds."""

    table: str
    change: RowChange
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a merge would do, found by doing it and taking it back."""

    survivor_id: str
    merged_id: str
    survivor_version: int
    merged_version: int
    filled: Sequence[str]
    touched: Sequence[Touched]
    undo_until: datetime
