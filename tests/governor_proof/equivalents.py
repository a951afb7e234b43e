"""Mutants that nobody can tell from the product, each with the reason why.

They are not run, but each must still apply: what the source no longer says is no excuse.
"""

from __future__ import annotations

EQUIVALENT = {
    "caps.Cap._end: span.start <= end < span.end -> span.start <= end <= span.end": (
        "an end that is the end already stays where it is"
    ),
    "caps.Cap._start: span.start < start <= span.end -> span.start <= start <= span.end": (
        "a start that is the start already stays where it is"
    ),
    "hours.Window._next_open: hours[0] > at -> hours[0] >= at": (
        "asked of closed moments only: a day whose hours begin then is open"
    ),
    "hours.QuietHours.hit: at >= self.until -> at > self.until": (
        "no quiet time lasts beyond the wish, and its end is not in it"
    ),
    "moments.clock_time: folded < value -> folded <= value": (
        "a time shown once is both, and no skip lies between a moment and itself"
    ),
    "search.next_allowed: max((hit.end or 0 for hit in hits)) -> "
    "min((hit.end or 0 for hit in hits))": ("shorter leaps arrive where long ones do"),
    "search.earlier_alternative: min((start for start in ends if start is not None)) -> "
    "max((start for start in ends if start is not None))": (
        "shorter leaps arrive where long ones do"
    ),
    "ranking.find_weaker: own < (their, slot_id) -> own <= (their, slot_id)": (
        "no two slots have one id, and a slot is not weaker than itself"
    ),
}
