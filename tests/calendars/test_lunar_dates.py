from datetime import date, timedelta

import pytest
import sxtwl

from crm_api.calendars.errors import DayOutOfRange, NoSuchLunarDay
from crm_api.calendars.policies.lunar import LunarDate, lunar_of, solar_of, solar_term_on

FIRST, LAST = date(1940, 1, 1), date(2099, 12, 31)
QINGMING_INDEX = 7
# Lunar months that begin within minutes of midnight in Beijing: on which day is not settled by
# arithmetic, but by the almanac that will be printed then. We begin each a day later.
UNSETTLED = {(2057, 9), (2089, 8), (2097, 7)}


def by_sxtwl(day):
    seen = sxtwl.fromSolar(day.year, day.month, day.day)
    return LunarDate(
        seen.getLunarYear(), seen.getLunarMonth(), seen.getLunarDay(), seen.isLunarLeap()
    )


def test_an_independent_almanac_agrees_from_1940_to_2099():
    days = [FIRST + timedelta(n) for n in range((LAST - FIRST).days + 1)]

    differ = [(lunar_of(day), by_sxtwl(day)) for day in days if lunar_of(day) != by_sxtwl(day)]

    assert {(theirs.year, theirs.month) for _, theirs in differ} == UNSETTLED
    first_days = [ours for ours, theirs in differ if theirs.day == 1]
    assert all(ours.day == 30 for ours in first_days)
    assert len(first_days) == len(UNSETTLED)


def test_each_day_goes_there_and_back():
    days = [FIRST + timedelta(n) for n in range((LAST - FIRST).days + 1)]

    assert all(solar_of(lunar_of(day)) == day for day in days)


def test_qingming_agrees_with_the_independent_almanac():
    for year in range(1940, 2100):
        on = solar_term_on(year, "清明")
        seen = sxtwl.fromSolar(on.year, on.month, on.day)
        assert seen.hasJieQi()
        assert seen.getJieQi() == QINGMING_INDEX


@pytest.mark.parametrize("day", [date(1900, 1, 30), date(2101, 1, 29), date(2199, 12, 31)])
def test_beyond_the_tables_nothing_is_guessed(day):
    with pytest.raises(DayOutOfRange):
        lunar_of(day)


@pytest.mark.parametrize(
    "lunar", [LunarDate(2026, 12, 30), LunarDate(2026, 6, 1, is_leap=True), LunarDate(2026, 1, 0)]
)
def test_a_day_that_the_lunar_year_lacks_is_refused(lunar):
    with pytest.raises(NoSuchLunarDay):
        solar_of(lunar)


@pytest.mark.parametrize(
    ("lunar", "text"),
    [
        (LunarDate(2026, 1, 1), "正月初一"),
        (LunarDate(2025, 6, 23, is_leap=True), "闰六月廿三"),
        (LunarDate(2026, 12, 10), "腊月初十"),
        (LunarDate(2026, 11, 20), "冬月二十"),
        (LunarDate(2023, 12, 30), "腊月三十"),
        (LunarDate(2026, 10, 11), "十月十一"),
    ],
)
def test_a_lunar_day_reads_as_people_write_it(lunar, text):
    assert lunar.text == text
