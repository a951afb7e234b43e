from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_api.calendars.policies import lunar
from crm_api.calendars.policies.occurrences import Occurrence, occurrences
from crm_api.calendars.terms import Calendar


def in_year(year, *, month, day, calendar=Calendar.LUNAR, **more):
    start, end = date(year, 1, 1), date(year, 12, 31)
    return occurrences(calendar, month=month, day=day, start=start, end=end, **more)


def test_the_first_of_lunar_december_falls_twice_in_2027_and_never_in_2028():
    assert in_year(2027, month=12, day=1) == [
        Occurrence(date(2027, 1, 8), 2026),
        Occurrence(date(2027, 12, 28), 2027),
    ]
    assert in_year(2028, month=12, day=1) == []


def test_every_lunar_year_has_the_birthday_once():
    found = occurrences(
        Calendar.LUNAR, month=12, day=1, start=date(1990, 1, 1), end=date(2060, 12, 31)
    )

    labels = [o.label_year for o in found]
    assert labels == list(range(labels[0], labels[0] + len(labels)))


@pytest.mark.parametrize("year", [2024, 2025, 2026, 2027, 2028])
def test_the_30th_of_lunar_december_clamps_to_new_years_eve(year):
    month = lunar.get_month(year, 12)
    assert month.length == 29

    found = occurrences(
        Calendar.LUNAR, month=12, day=30, start=date(year, 6, 1), end=date(year + 1, 5, 31)
    )

    spring_festival = lunar.solar_of(lunar.LunarDate(year + 1, 1, 1))
    assert [(spring_festival - o.on).days for o in found] == [1]
    assert found[0].label_year == year


def test_born_in_a_leap_month_celebrates_in_the_regular_month():
    # 2025 has a leap sixth month; the regular one begins on 25 June.
    found = in_year(2025, month=6, day=3, is_leap_month=True)

    assert found == [Occurrence(date(2025, 6, 27), 2025)]


def test_29_february_is_kept_on_the_28th_in_common_years():
    days = [in_year(year, month=2, day=29, calendar=Calendar.SOLAR)[0].on for year in (2026, 2028)]

    assert days == [date(2026, 2, 28), date(2028, 2, 29)]


def test_both_ends_of_the_span_belong_to_it():
    day = date(2026, 5, 1)

    found = occurrences(Calendar.SOLAR, month=5, day=1, start=day, end=day)

    assert found == [Occurrence(day, 2026)]


@given(
    month=st.integers(1, 12),
    day=st.integers(1, 30),
    start=st.dates(date(1950, 1, 1), date(2090, 1, 1)),
    span=st.integers(0, 900),
)
def test_a_lunar_date_is_found_wherever_a_search_of_all_days_finds_it(month, day, start, span):
    end = date.fromordinal(start.toordinal() + span)
    days = [date.fromordinal(n) for n in range(start.toordinal(), end.toordinal() + 1)]

    def is_kept_on(one):
        seen = lunar.lunar_of(one)
        last = lunar.get_month(seen.year, seen.month).length
        return (seen.month, seen.is_leap) == (month, False) and seen.day == min(day, last)

    found = occurrences(Calendar.LUNAR, month=month, day=day, start=start, end=end)

    assert [o.on for o in found] == [one for one in days if is_kept_on(one)]
