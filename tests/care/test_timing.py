"""When a greeting goes out."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crm_api.care.policies.choosing import stable_number
from crm_api.care.policies.timing import SLACK, priority_of, window_of
from crm_api.care.terms import Occasion

ZONE = ZoneInfo("Asia/Shanghai")


def window(day=date(2026, 9, 25), *, is_new_years_eve=False):
    return window_of(day, zone=ZONE, is_new_years_eve=is_new_years_eve)


def test_the_window_is_nine_to_eight_and_later_on_new_years_eve():
    assert window().opens_at == datetime(2026, 9, 25, 1, tzinfo=UTC)
    assert window().closes_at == datetime(2026, 9, 25, 12, tzinfo=UTC)
    assert window(is_new_years_eve=True).opens_at == datetime(2026, 9, 25, 2, tzinfo=UTC)


def test_greetings_spread_evenly_over_the_window():
    places = [window().place(stable_number(f"festival:x:2026:{n}")) for n in range(10_500)]

    assert min(places) >= window().opens_at
    assert max(places) < window().closes_at - SLACK
    per_hour = [0] * 11
    for place in places:
        per_hour[int((place - window().opens_at) / timedelta(hours=1))] += 1
    assert all(850 < count < 1_150 for count in per_hour[:10])
    assert 400 < per_hour[10] < 600  # the last half hour stays free


def test_what_is_left_of_a_window():
    late = window().from_moment(datetime(2026, 9, 25, 11, tzinfo=UTC))

    assert late.opens_at == datetime(2026, 9, 25, 11, tzinfo=UTC)
    assert not late.is_over
    assert window().from_moment(datetime(2026, 9, 25, 11, 30, tzinfo=UTC)).is_over
    assert window().from_moment(datetime(2026, 9, 24, tzinfo=UTC)) == window()


@pytest.mark.parametrize(
    ("occasion", "key", "priority"),
    [
        (Occasion.BIRTHDAY, None, 4),
        (Occasion.FESTIVAL, "spring_festival", 5),
        (Occasion.FESTIVAL, "new_years_eve", 5),
        (Occasion.FESTIVAL, "mid_autumn", 5),
        (Occasion.FESTIVAL, "new_year", 6),
        (Occasion.ANNIVERSARY, None, 6),
    ],
)
def test_who_wins(occasion, key, priority):
    assert priority_of(occasion, key) == priority
