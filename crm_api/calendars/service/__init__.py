"""What the other floors ask of the calendar, and the use cases that change it."""

from crm_api.calendars.policies.lunar import lunar_of, solar_of
from crm_api.calendars.policies.occurrences import occurrences
from crm_api.calendars.service.changes import keep_festivals, set_arrangement
from crm_api.calendars.service.facts import (
    arrangement_known,
    day_bounds,
    describe_days,
    festivals_between,
    festivals_of_year,
    get_arrangement,
    is_solemn,
    is_workday,
    local_day,
    workdays_between,
    working_hours,
)

__all__ = [
    "arrangement_known",
    "day_bounds",
    "describe_days",
    "festivals_between",
    "festivals_of_year",
    "get_arrangement",
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
