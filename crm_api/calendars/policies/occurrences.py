"""On which days a date that people keep comes round again."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from crm_api.calendars.policies import lunar
from crm_api.calendars.terms import Calendar

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, order=True)
class Occurrence:
    """A day on which the date comes round, and the year (lunar for lunar dates) that it is for."""

    on: date
    label_year: int


def occurrences(
    calendar: Calendar,
    *,
    month: int,
    day: int,
    start: date,
    end: date,
    is_leap_month: bool = False,  # noqa: ARG001 - part of the date people keep; changes nothing
) -> list[Occurrence]:
    """Return each time a yearly date falls from `start` to `end`, both included, in order.

    A lunar date unfolds by lunar year, so one solar year may see it twice or not at all. Somebody
    born in a leap month celebrates in the regular one, which every year has. A day that a month
    lacks is its last: lunar 12/30 is New Year's Eve, and 29 February the 28th.

    :raises DayOutOfRange: if the lunar tables do not reach the days asked for
    """
    unfold = _lunar_days if calendar == Calendar.LUNAR else _solar_days
    return [o for o in unfold(month, day, start=start, end=end) if start <= o.on <= end]


def _solar_days(month: int, day: int, *, start: date, end: date) -> Iterator[Occurrence]:
    for year in range(start.year, end.year + 1):
        yield Occurrence(date(year, month, min(day, monthrange(year, month)[1])), year)


def _lunar_days(month: int, day: int, *, start: date, end: date) -> Iterator[Occurrence]:
    for year in range(lunar.lunar_of(start).year, lunar.lunar_of(end).year + 1):
        its_month = lunar.get_month(year, month)
        passed = min(day, its_month.length) - 1
        yield Occurrence(its_month.first_on + timedelta(days=passed), year)
