"""The words of feeds."""

from __future__ import annotations

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
