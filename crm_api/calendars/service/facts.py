"""Facts about days.

What needs only a day is pure and cached in the process; what the organisation may change costs
one small query, so ask for a span of days at once where many are wanted.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from crm_api import config
from crm_api.calendars import queries
from crm_api.calendars.policies import festivals, local_time, workdays
from crm_api.calendars.policies.lunar import lunar_of
from crm_api.calendars.values import Day, KnownArrangement, WorkSpan
from crm_api.kit.errors import Invalid, NotFound

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.calendars.policies.festivals import FestivalDay

LONGEST_SPAN = 366


def local_day(moment: datetime) -> date:
    """Return the business's calendar day of a moment."""
    return local_time.local_day(moment, zone=config.current().zone)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return a local day's first moment and the next day's, in UTC."""
    return local_time.day_bounds(day, zone=config.current().zone)


def festivals_between(start: date, end: date) -> list[FestivalDay]:
    """Return the festivals from `start` to `end`, both included, by day and rank."""
    return festivals.festivals_on_days(queries.festival_rules(), start=start, end=end)


def festivals_of_year(year: int | None, *, now: datetime) -> list[FestivalDay]:
    """Return the festivals of a solar year, or of the current one."""
    year = year or local_day(now).year
    return festivals_between(date(year, 1, 1), date(year, 12, 31))


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
    return {
        day
        for day in _days(start, end)
        if workdays.is_workday(day, country=country, arranged=arranged, arranged_years=years)
    }


def _days(start: date, end: date) -> list[date]:
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


def arrangement_known(year: int) -> bool:
    """Tell whether the year's make-up workdays were announced, or are only guessed."""
    if queries.find_arrangement(year) is not None:
        return True
    return workdays.is_announced(config.current().country_code, year)


def get_arrangement(year: int) -> KnownArrangement:
    """Return the notice that was loaded for a year.

    :raises NotFound: if none was
    """
    notice = queries.find_arrangement(year)
    if notice is None:
        raise NotFound("arrangement")
    return KnownArrangement(
        year=year,
        source=notice.source,
        loaded_at=notice.loaded_at,
        days=queries.arranged_days(year),
    )


def working_hours(day: date) -> list[WorkSpan]:
    """Return the local hours that are worked on this day; none on a day off."""
    return _hours() if is_workday(day) else []


def _hours() -> list[WorkSpan]:
    return [WorkSpan(*span) for span in config.current().working_hours]


def describe_days(start: date, end: date) -> list[Day]:
    """Return all that the calendar says of each day from `start` to `end`, both included.

    :raises Invalid: if the span is empty or longer than a year
    :raises DayOutOfRange: if the lunar tables do not reach it
    """
    if not 0 <= (end - start).days < LONGEST_SPAN:
        raise Invalid("/to", f"Choose a day from `from` on, within {LONGEST_SPAN} days.")
    feasts = festivals_between(start, end)
    worked = workdays_between(start, end)
    known = {year: arrangement_known(year) for year in range(start.year, end.year + 1)}
    return [
        Day(
            on=day,
            lunar=lunar_of(day),
            festivals=[feast for feast in feasts if feast.on == day],
            is_workday=day in worked,
            is_arrangement_known=known[day.year],
            working_hours=_hours() if day in worked else [],
            starts_at=day_bounds(day)[0],
            ends_at=day_bounds(day)[1],
        )
        for day in _days(start, end)
    ]
