"""How a day stands before it goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What waits to go out in a team and beneath it, and who gets nothing."""

    on: date
    team_id: str
    needs_approval: bool
    waiting: Sequence[Any]
    held_by: Sequence[Any]
    refused: Sequence[Any]

    @property
    def messages(self) -> int:
        """How many wait."""
        return sum(line.messages for line in self.waiting)

    @property
    def segments(self) -> int:
        """What they cost, in parts."""
        return sum(line.segments for line in self.waiting)

    @property
    def held(self) -> int:
        """How many of them will not go out as things stand."""
        return sum(line.held for line in self.waiting)
