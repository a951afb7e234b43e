from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest

from crm_api.calendars.policies import local_time, workdays

# 31 December 2005 was worked for 3 January 2006; chinesecalendar leaves it out.
MISSING_THERE = {date(2005, 12, 31)}


def test_an_independent_table_agrees_on_every_day_it_knows():
    first, last = min(chinese_calendar.holidays), max(chinese_calendar.holidays)
    days = [first + timedelta(n) for n in range((date(last.year, 12, 31) - first).days + 1)]

    differ = {
        day
        for day in days
        if (day not in workdays.days_off("CN", day.year)) != chinese_calendar.is_workday(day)
    }

    assert differ == MISSING_THERE


def test_a_year_without_its_notice_is_not_called_known():
    assert workdays.is_announced("CN", 2026)
    assert not workdays.is_announced("CN", 2031)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Asia/Shanghai", date(2026, 3, 29), 24),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),  # this day has no midnight
    ],
)
def test_a_local_day_is_as_long_as_its_clocks_make_it(zone, day, hours):
    zone = ZoneInfo(zone)

    starts_at, ends_at = local_time.day_bounds(day, zone=zone)

    assert ends_at - starts_at == timedelta(hours=hours)
    assert local_time.local_day(starts_at, zone=zone) == day
    assert local_time.local_day(ends_at - timedelta(microseconds=1), zone=zone) == day
    assert local_time.local_day(ends_at, zone=zone) == day + timedelta(days=1)


def test_a_moment_late_in_the_evening_in_utc_is_tomorrow_in_shanghai():
    moment = datetime.fromisoformat("2026-02-16T16:00:00+00:00")

    assert local_time.local_day(moment, zone=ZoneInfo("Asia/Shanghai")) == date(2026, 2, 17)
