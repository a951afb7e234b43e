"""Exact time: moments as whole microseconds since 1970, days as local days since 1970.

With whole numbers an open interval (a, b) is the half-open [a + 1, b): one form serves all rules,
and "exactly W apart" is exact.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

SECOND = 1_000_000
DAY = 86_400 * SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ORDINAL = EPOCH.toordinal()
MINUTES_A_DAY = 1440


def micros(moment: datetime) -> int:
    """Return a moment as microseconds since 1970."""
    gone = moment - EPOCH
    return (gone.days * 86_400 + gone.seconds) * SECOND + gone.microseconds


def moment_of(value: int) -> datetime:
    """Return microseconds since 1970 as a moment."""
    return EPOCH + timedelta(microseconds=value)


def day_number(day: date) -> int:
    """Return a calendar day as days since 1970."""
    return day.toordinal() - EPOCH_ORDINAL


def date_of(day: int) -> date:
    """Return days since 1970 as a calendar day."""
    return date.fromordinal(day + EPOCH_ORDINAL)


def month_number(day: int) -> int:
    """Return the month of a day, counted from the year 0."""
    on = date_of(day)
    return on.year * 12 + on.month - 1


def month_start(month: int) -> int:
    """Return the first day of a month counted from the year 0."""
    return day_number(date(month // 12, month % 12 + 1, 1))


@lru_cache(maxsize=1024)
def local_day(value: int, zone: ZoneInfo) -> int:
    """Return the local day on which a moment lies. Every window asks that of the same moment."""
    return moment_of(value).astimezone(zone).toordinal() - EPOCH_ORDINAL


@lru_cache(maxsize=8192)
def day_start(day: int, zone: ZoneInfo) -> int:
    """Return a local day's first moment, also where the clock skips or repeats midnight."""
    return clock_time(day, 0, zone)


@lru_cache(maxsize=8192)
def clock_time(day: int, minutes: int, zone: ZoneInfo) -> int:
    """Return when a local clock shows so many minutes on a day; 1440 is the next day's start.

    A time that the clock skips falls on the moment of the skip: what opens at half past two opens
    at three where three follows upon two. Of a time that it shows twice, the first counts.
    """
    if minutes == MINUTES_A_DAY:
        return day_start(day + 1, zone)
    on = date_of(day)
    shown = datetime(on.year, on.month, on.day, minutes // 60, minutes % 60, tzinfo=zone)
    value, folded = micros(shown), micros(shown.replace(fold=1))
    return _skip_between(folded, value, zone) if folded < value else value


def _skip_between(before: int, after: int, zone: ZoneInfo) -> int:
    """Return the moment at which the clock leaps forward: after the one, not after the other."""
    offset = moment_of(after).astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = (before + after) // 2 // SECOND * SECOND
        if moment_of(middle).astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after
