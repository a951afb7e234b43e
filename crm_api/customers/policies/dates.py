"""Which dates can come round, and which dates come round on a day."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple

from crm_api.calendars.errors import DayOutOfRange, NoSuchLunarDay
from crm_api.calendars.policies.lunar import LunarDate, lunar_of, solar_of
from crm_api.calendars.terms import Calendar
from crm_api.kit.errors import Invalid

LEAP_YEAR = 2000
LONGEST_LUNAR_MONTH = 30
# Between 1900 and 2100 no leap month follows the 1st or the 12th lunar month.
LEAP_MONTHS = range(2, 12)


class YearlyDate(NamedTuple):
    """A day of the year in one of the calendars."""

    calendar: Calendar
    month: int
    day: int


def require_real_date(
    calendar: Calendar, *, year: int | None, month: int, day: int, is_leap_month: bool
) -> None:
    """Make sure that a date exists: in its year, or without one in some year.

    :raises Invalid: pointing at what cannot be
    """
    if calendar is Calendar.LUNAR:
        _require_lunar(year, month, day, is_leap_month=is_leap_month)
        return
    if is_leap_month:
        raise Invalid("/is_leap_month", "Only the lunar calendar has leap months.")
    if day > monthrange(year or LEAP_YEAR, month)[1]:
        raise Invalid("/day", "This month has no such day.")


def _require_lunar(year: int | None, month: int, day: int, *, is_leap_month: bool) -> None:
    if day > LONGEST_LUNAR_MONTH:
        raise Invalid("/day", "A lunar month has 30 days at the most.")
    if is_leap_month and month not in LEAP_MONTHS:
        raise Invalid("/is_leap_month", "This month is never followed by a leap month.")
    if year is None:
        return
    try:
        solar_of(LunarDate(year, month, day, is_leap_month))
    except (NoSuchLunarDay, DayOutOfRange) as error:
        raise Invalid("/year", error.detail) from None


def dates_falling_between(start: date, end: date) -> set[YearlyDate]:
    """Return every yearly date that comes round from `start` to `end`, both included.

    What a month lacks falls on its last day, and nobody's date comes round in a leap month.

    :raises DayOutOfRange: if the lunar tables do not reach these days
    """
    days = (start + timedelta(days=n) for n in range((end - start).days + 1))
    return {found for day in days for found in (*_solar(day), *_lunar(day))}


def _solar(day: date) -> list[YearlyDate]:
    length = monthrange(day.year, day.month)[1]
    last = monthrange(LEAP_YEAR, day.month)[1] if day.day == length else day.day
    return [YearlyDate(Calendar.SOLAR, day.month, d) for d in range(day.day, last + 1)]


def _lunar(day: date) -> list[YearlyDate]:
    here, tomorrow = lunar_of(day), lunar_of(day + timedelta(days=1))
    if here.is_leap:
        return []
    last = LONGEST_LUNAR_MONTH if tomorrow.day == 1 else here.day
    return [YearlyDate(Calendar.LUNAR, here.month, d) for d in range(here.day, last + 1)]
