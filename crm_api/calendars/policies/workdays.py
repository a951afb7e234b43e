"""Which days are worked, as far as the packaged tables know. Nobody else imports `holidays`."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

import holidays

if TYPE_CHECKING:
    from collections.abc import Mapping

SATURDAY = 5


@cache
def days_off(country: str, year: int) -> frozenset[date]:
    """Return every day of a year that is not worked, weekends included.

    The next year is read along, for its notice may make a last day of December a workday.
    """
    table = holidays.country_holidays(country, years=(year, year + 1), expand=False)
    first = date(year, 1, 1)
    days = (first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days))
    return frozenset(day for day in days if not table.is_working_day(day))


@cache
def is_announced(country: str, year: int) -> bool:
    """Tell whether the packaged table holds the year's make-up workdays, and not a guess."""
    table = holidays.country_holidays(country, years=year, expand=False)
    return year in getattr(table, "special_public_holidays", {})


def is_workday(
    day: date, *, country: str, arranged: Mapping[date, bool], arranged_years: frozenset[int]
) -> bool:
    """Tell whether a day is worked.

    An arrangement that was loaded is the whole truth of its year: what it does not name follows
    the week. Without one the packaged table answers.
    """
    if day in arranged:
        return arranged[day]
    if day.year in arranged_years:
        return day.weekday() < SATURDAY
    return day not in days_off(country, day.year)
