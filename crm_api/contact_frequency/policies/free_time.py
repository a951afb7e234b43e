"""An account manager's day as intervals: what is worked, what is taken, where something fits."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crm_api.contact_frequency.policies.moments import SECOND

if TYPE_CHECKING:
    from collections.abc import Sequence

Interval = tuple[int, int]
STEP = 5 * 60 * SECOND  # nobody agrees on a meeting at 10:03


@dataclass(slots=True)
class FreeTime:
    """The worked hours of a day, less what is taken. Intervals are half-open microseconds."""

    worked: Sequence[Interval]
    pause: int = 0
    _taken: list[Interval] = field(default_factory=list)

    def take(self, start: int, end: int) -> None:
        """Keep this time, and a pause on either side, for one contact."""
        insort(self._taken, (start - self.pause, end + self.pause))

    def is_free(self, start: int, end: int) -> bool:
        """Tell whether nothing else takes this time, worked or not."""
        return all(end <= taken or until <= start for taken, until in self._taken)

    def earliest(self, at: int, *, length: int) -> int | None:
        """Return the first moment from then on at which something of this length fits."""
        for opens, closes in sorted(self.worked):
            start = _rounded(max(at, opens))
            for taken, until in self._taken:
                if taken < start + length and start < until:
                    start = _rounded(until)
            if start + length <= closes:
                return start
        return None


def _rounded(value: int) -> int:
    return -(-value // STEP) * STEP
