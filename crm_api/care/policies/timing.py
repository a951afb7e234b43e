"""When a greeting may go out, and in which order."""

from __future__ import annotations

from calendar import isleap, monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from crm_api.care.terms import Occasion
from crm_api.contact_frequency.terms import ContactClass

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

OPENS: Final = time(9)
OPENS_ON_NEW_YEARS_EVE: Final = time(10)
CLOSES: Final = time(20)
NEW_YEARS_EVE: Final = "new_years_eve"
GREAT_FESTIVALS: Final = frozenset({NEW_YEARS_EVE, "spring_festival", "mid_autumn"})
# The last of the window is left free, so that what is due late still finds a gateway in time.
SLACK: Final = timedelta(minutes=30)
LONGEST_CUSTOMER: Final = 80  # years
LAST_OF_COMMON_FEBRUARY: Final = (2, 28)
# Where two of one class share a day, what is the customer's own comes before what everybody keeps.
RANKS: Final = {Occasion.JOINING: 1, Occasion.TIER_CHANGE: 2}


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a local day in which a greeting may reach somebody; half-open."""

    opens_at: datetime
    closes_at: datetime

    def from_moment(self, now: datetime) -> Window:
        """Return what is left of it."""
        return Window(max(self.opens_at, now), self.closes_at)

    @property
    def is_over(self) -> bool:
        """Whether nothing can be due in it any more."""
        return self.opens_at >= self.closes_at - SLACK

    def place(self, number: int) -> datetime:
        """Return the moment in the window that a stable number stands for, to the second."""
        seconds = max(1, int((self.closes_at - SLACK - self.opens_at).total_seconds()))
        return self.opens_at + timedelta(seconds=number % seconds)


@dataclass(frozen=True, slots=True)
class EventDays:
    """Which news are said on a day: what happened since `oldest`, and was noted since then."""

    oldest: date
    noted_from: date


def event_days(day: date, *, since: date | None, fresh_days: int) -> EventDays:
    """Return which events may be said on a day, those whose own turn was from `since` on."""
    return EventDays(day - timedelta(days=fresh_days), (since or day) - timedelta(days=1))


def joining_days(day: date) -> list[date]:
    """Return the days in earlier years on which somebody joined who is greeted on this day.

    Who joined on 29 February is greeted on the 28th in common years.
    """
    kept = [(day.month, day.day)]
    if (day.month, day.day) == LAST_OF_COMMON_FEBRUARY and not isleap(day.year):
        kept.append((2, 29))
    years = range(day.year - LONGEST_CUSTOMER, day.year)
    return [date(y, m, d) for y in years for m, d in kept if d <= monthrange(y, m)[1]]


def window_of(day: date, *, zone: ZoneInfo, is_new_years_eve: bool) -> Window:
    """Return the window of a local day: people sleep longer, and cook, on New Year's Eve."""
    opens = OPENS_ON_NEW_YEARS_EVE if is_new_years_eve else OPENS
    return Window(_moment(day, opens, zone), _moment(day, CLOSES, zone))


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def priority_of(occasion: Occasion, festival_key: str | None = None) -> ContactClass:
    """Return the class in which an occasion competes; lower wins."""
    if occasion is Occasion.BIRTHDAY:
        return ContactClass.BIRTHDAY
    if festival_key in GREAT_FESTIVALS:
        return ContactClass.GREAT_FESTIVAL
    return ContactClass.OTHER_DAY
