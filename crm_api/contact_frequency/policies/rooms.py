"""How many contacts, of whatever kind, may lie how near to a moment without any cap being near.

A cap of N is broken by N + 1 contacts that lie within its width, so that N of them lie within it of
the new one. All contacts are counted here, also such as the cap does not count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from crm_api.contact_frequency.policies import moments
from crm_api.contact_frequency.terms import Period, RuleKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crm_api.contact_frequency.policies.rules import Rule

# As far apart as two moments can be at the most that a rule looks at together.
_PERIOD_DAYS = {Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 31}


class Room(NamedTuple):
    """Fewer than so many contacts within so many microseconds of a moment leave room there."""

    reach: int
    fewer_than: int


def rooms_beside(rules: Iterable[Rule]) -> tuple[Room, ...]:
    """Return the rooms that these rules leave, but for those that another one takes in."""
    rooms = {Room(_reach(rule), _allowance(rule)) for rule in rules}
    return tuple(sorted(room for room in rooms if not _is_within_another(room, rooms)))


def is_free(rooms: Iterable[Room], away: Sequence[int]) -> bool:
    """Tell whether contacts so far away leave room for one more."""
    nearest = sorted(away)
    for reach, fewer_than in rooms:  # asked twice for every plan: a generator took twice as long
        if len(nearest) >= fewer_than and (not fewer_than or nearest[fewer_than - 1] <= reach):
            return False
    return True


def _is_within_another(room: Room, rooms: Iterable[Room]) -> bool:
    return any(
        other != room and other.reach >= room.reach and other.fewer_than <= room.fewer_than
        for other in rooms
    )


def _allowance(rule: Rule) -> int:
    if rule.kind is RuleKind.MIN_GAP and rule.limit != 0:
        return 1
    return rule.limit or 0


def _reach(rule: Rule) -> int:
    """Return how far from a moment contacts may count with it, and a day to be sure."""
    days = (rule.days or 0) + (_PERIOD_DAYS[rule.period] if rule.period else 0)
    return (days + 1) * moments.DAY + (rule.seconds or 0) * moments.SECOND
