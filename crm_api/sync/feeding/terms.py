"""The words of feeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    # The ids of records by the name of their table.
    Records = Mapping[str, AbstractSet[str]]


class Entry(NamedTuple):
    """A record in a feed."""

    subscriber_id: str
    table_name: str
    record_id: str


class Locked(NamedTuple):
    """A feed whose counter is this transaction's until it ends."""

    subscriber_id: str
    seq: int
    is_active: bool
    # Somebody else numbered rows, or changed whose customers are, while we waited.
    has_moved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What is wrong with a feed: a phone that reads it does not have what it should."""

    subscriber_id: str
    lacks: frozenset[Entry]
    has_too_much: frozenset[Entry]
    # With a number that another row has too, or that was never given out.
    misnumbered: frozenset[Entry]

    def __len__(self) -> int:
        """Return of how many records something is wrong."""
        return len(self.lacks) + len(self.has_too_much) + len(self.misnumbered)
