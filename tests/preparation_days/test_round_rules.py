"""The order of a day's calls: by place, around what is fixed, always the same."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest

from crm_api.contact_frequency.values import Opening
from crm_api.preparation.days.policies.rounds import UNKNOWN_WAY, Travel, free_windows, order_calls
from crm_api.preparation.days.values import Call
from crm_api.visits.policies.check_in import Position

pytestmark = pytest.mark.one_engine

MIDNIGHT = datetime(2026, 3, 3, 16, tzinfo=UTC)
OFFICE = Position(0, 0)
TRAVEL = Travel(20)
MORNING, AFTERNOON = (9, 12), (13.5, 18)


def clock(hours):
    return MIDNIGHT + timedelta(hours=hours)


def call(name, km=None, *, hours=(MORNING, AFTERNOON), minutes=45, at=None, urgency=0):
    """A call so many kilometres east of where the day begins; `at` makes it fixed."""
    length = timedelta(minutes=minutes)
    visit = at and SimpleNamespace(starts_at=clock(at), ends_at=clock(at) + length)
    return Call(
        customer_id=name,
        place=None,
        point=None if km is None else Position(0, km / 111.195),
        minutes=minutes,
        openings=tuple(Opening(first_at=clock(a), last_at=clock(b) - length) for a, b in hours),
        urgency=urgency,
        visit=visit or None,
    )


def ordered(calls, start=OFFICE):
    times = order_calls(calls, start=start, day_starts_at=MIDNIGHT, travel=TRAVEL)
    return [(calls[n].customer_id, at) for n, at in sorted(times.items(), key=lambda one: one[1])]


def names(calls, **more):
    return [name for name, _ in ordered(calls, **more)]


def test_ways_are_saved():
    """As asked it would be back and forth: 5, 1, 4, 2, 3 km along one road."""
    calls = [call(str(km), km) for km in (5, 1, 4, 2, 3)]

    assert names(calls) == ["1", "2", "3", "4", "5"]


def test_each_begins_once_one_can_be_there_and_within_its_hours():
    calls = [call(str(n), n % 4) for n in range(7)]

    found = ordered(calls)

    by_name = {c.customer_id: c for c in calls}
    for (before, left), (after, at) in pairwise(found):
        way = TRAVEL.time(by_name[before].point, by_name[after].point)
        assert at >= left + timedelta(minutes=45) + way
    for name, at in found:
        assert any(o.first_at <= at <= o.last_at for o in by_name[name].openings)
        assert at.minute % 5 == 0


def test_what_is_fixed_keeps_its_time_and_nothing_lies_over_it():
    calls = [call("agreed", 9, at=10), *(call(str(n), 1) for n in range(8))]

    found = dict(ordered(calls))

    assert found["agreed"] == clock(10)
    for name, at in found.items():
        if name != "agreed":
            assert at + timedelta(minutes=45) <= clock(10) or at >= clock(10.75)


def test_nobody_asked_for_is_laid_over_fixed_ones_that_clash():
    clashing = [call("a", 1, at=10), call("b", 1, at=10.5)]
    calls = [*clashing, *(call(str(n), 1) for n in range(6))]

    found = dict(ordered(calls))

    for name in set(found) - {"a", "b"}:
        assert found[name] >= clock(11.25) or found[name] <= clock(9.25)


def test_the_most_urgent_have_the_day_when_it_is_short():
    calls = [call(str(n), 2, hours=((9, 12),), urgency=n) for n in range(10)]

    assert set(names(calls)) == {"6", "7", "8", "9"}


def test_the_morning_comes_first_where_both_would_do():
    assert dict(ordered([call("one", 1)]))["one"] < clock(12)


def test_the_same_question_has_the_same_answer():
    calls = [call(str(n), (n * 7) % 11, urgency=n % 3) for n in range(20)]

    assert ordered(calls) == ordered(calls)


def test_where_nobody_knows_the_place_half_an_hour_is_kept():
    (_, first), (_, second) = ordered([call("a"), call("b")], start=None)

    assert second - first == timedelta(minutes=45) + UNKNOWN_WAY


@pytest.mark.parametrize(
    "calls", [[], [call("x", 1, hours=())], [call("x", 1, hours=((9, 9.25),))]]
)
def test_what_has_no_time_has_no_place(calls):
    assert ordered(calls) == []


def test_around_the_world_is_the_short_way():
    here, there = Position(0, 179.99), Position(0, -179.99)

    assert TRAVEL.metres(here, there) == pytest.approx(2224, abs=2)
    assert TRAVEL.time(here, here) == timedelta()


def test_a_window_is_cut_where_something_stands():
    wanted, fixed = call("x", hours=((9, 12),)), call("y", at=10, minutes=30)

    assert free_windows(wanted, [fixed]) == [
        (clock(9), clock(9.25)),
        (clock(10.5), clock(11.25)),
    ]
