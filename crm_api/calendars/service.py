"""What the other floors ask of the calendar, and the use cases that change it.

What needs only a day is pure and cached in the process; what the organisation may change costs
one small query, so ask for a span of days at once where many are wanted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api import config
from crm_api.calendars import queries
from crm_api.calendars.errors import DayOutOfRange
from crm_api.calendars.models import ArrangedDay, Arrangement, Festival
from crm_api.calendars.policies import festivals, local_time, workdays
from crm_api.calendars.policies.festivals import FestivalDay, FestivalRule
from crm_api.calendars.policies.lunar import LunarDate, lunar_of, solar_of
from crm_api.calendars.policies.occurrences import Occurrence, occurrences
from crm_api.kit.db import db
from crm_api.kit.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "Day",
    "DayOutOfRange",
    "FestivalDay",
    "FestivalRule",
    "LunarDate",
    "Occurrence",
    "arrangement_known",
    "day_bounds",
    "describe_days",
    "festivals_between",
    "is_solemn",
    "is_workday",
    "keep_festivals",
    "local_day",
    "lunar_of",
    "occurrences",
    "set_arrangement",
    "solar_of",
    "workdays_between",
    "working_hours",
]

LONGEST_SPAN = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """All that the calendar says of one local day."""

    on: date
    lunar: LunarDate
    festivals: Sequence[FestivalDay]
    is_workday: bool
    is_arrangement_known: bool
    working_hours: Sequence[tuple[time, time]]
    starts_at: datetime
    ends_at: datetime

    @property
    def is_solemn(self) -> bool:
        """Whether nobody is greeted on this day."""
        return any(festival.is_solemn for festival in self.festivals)


def local_day(moment: datetime) -> date:
    """Return the business's calendar day of a moment."""
    return local_time.local_day(moment, zone=config.current().zone)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return a local day's first moment and the next day's, in UTC."""
    return local_time.day_bounds(day, zone=config.current().zone)


def festivals_between(start: date, end: date) -> list[FestivalDay]:
    """Return the festivals from `start` to `end`, both included, by day and rank."""
    return festivals.festivals_on_days(queries.festival_rules(), start=start, end=end)


def is_solemn(day: date) -> bool:
    """Tell whether nobody is greeted on this day."""
    return any(festival.is_solemn for festival in festivals_between(day, day))


def is_workday(day: date) -> bool:
    """Tell whether the business works on this day."""
    return day in workdays_between(day, day)


def workdays_between(start: date, end: date) -> set[date]:
    """Return the days from `start` to `end`, both included, on which the business works."""
    arranged, years = queries.arrangements_between(start, end)
    country = config.current().country_code
    days = (start + timedelta(days=n) for n in range((end - start).days + 1))
    return {
        day
        for day in days
        if workdays.is_workday(day, country=country, arranged=arranged, arranged_years=years)
    }


def arrangement_known(year: int) -> bool:
    """Tell whether the year's make-up workdays were announced, or are only guessed."""
    if queries.find_arrangement(year) is not None:
        return True
    return workdays.is_announced(config.current().country_code, year)


def working_hours(day: date) -> list[tuple[time, time]]:
    """Return the local hours that are worked on this day; none on a day off."""
    return list(config.current().working_hours) if is_workday(day) else []


def describe_days(start: date, end: date) -> list[Day]:
    """Return all that the calendar says of each day from `start` to `end`, both included.

    :raises Invalid: if the span is empty or longer than a year
    :raises DayOutOfRange: if the lunar tables do not reach it
    """
    if not 0 <= (end - start).days < LONGEST_SPAN:
        raise Invalid("/to", f"Choose a day from `from` on, within {LONGEST_SPAN} days.")
    worked = workdays_between(start, end)
    known = {year: arrangement_known(year) for year in range(start.year, end.year + 1)}
    feasts = festivals_between(start, end)
    hours = config.current().working_hours
    return [
        Day(
            on=day,
            lunar=lunar_of(day),
            festivals=[f for f in feasts if f.on == day],
            is_workday=day in worked,
            is_arrangement_known=known[day.year],
            working_hours=hours if day in worked else (),
            starts_at=day_bounds(day)[0],
            ends_at=day_bounds(day)[1],
        )
        for day in (start + timedelta(days=n) for n in range((end - start).days + 1))
    ]


def set_arrangement(
    year: int, *, source: str, days: Iterable[Mapping[str, Any]], now: datetime
) -> Arrangement:
    """Make this notice the year's arrangement, in the place of what was loaded before.

    :raises Invalid: if a day is named twice, or lies outside the year and the December before it
    """
    days = list(days)
    _check_days(year, [day["on"] for day in days])
    db.session.execute(sa.delete(ArrangedDay).where(ArrangedDay.year == year))
    arrangement = Arrangement(year=year, source=source, loaded_at=now)
    arrangement = db.session.merge(arrangement)
    db.session.flush()
    if days:
        db.session.execute(sa.insert(ArrangedDay), [{"year": year, **day} for day in days])
    return arrangement


def _check_days(year: int, days: Sequence[date]) -> None:
    first, last = date(year - 1, 12, 1), date(year, 12, 31)
    for n, day in enumerate(days):
        if not first <= day <= last:
            raise Invalid(f"/days/{n}/on", f"The notice for {year} cannot name this day.")
        if day in days[:n]:
            raise Invalid(f"/days/{n}/on", "This day is named twice.")


def keep_festivals(rules: Iterable[FestivalRule]) -> int:
    """Store festivals of the organisation's own, or its view of standard ones; return how many."""
    rows = [Festival(**{c: getattr(rule, c) for c in queries.COLUMNS}) for rule in rules]
    for row in rows:
        db.session.merge(row)
    return len(rows)
