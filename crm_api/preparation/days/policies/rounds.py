"""A sensible order by place: which calls of a day, in which order, when.

PyVRP solves it: a vehicle routing problem with one vehicle, whose clients have time windows and
prizes. It is given so many rounds and the same seed, so that the same question has the same
answer; the clock ends it only where a machine is far too slow.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from crm_api.preparation.days.values import Call
    from crm_api.visits.policies.check_in import Position

STEP = timedelta(minutes=5)
SECONDS = int(STEP.total_seconds())
UNKNOWN_WAY = timedelta(minutes=30)
ROUNDS, IDLE_ROUNDS, MOST_SECONDS = 500, 150, 3.0
# In metres, which is what a way costs: a call is worth a long way, an agreed one any way.
CALL_PRIZE, POINT_PRIZE, LATER_WINDOW, FIXED_PRIZE = 100_000, 500, 100, 5_000_000


@dataclass(frozen=True, slots=True)
class Travel:
    """How long ways take: along the great circle, at the speed that a town allows."""

    km_per_hour: int

    def metres(self, here: Position | None, there: Position | None) -> int | None:
        """Return how far it is, if both places are known."""
        return None if here is None or there is None else round(here.distance_to(there))

    def time(self, here: Position | None, there: Position | None) -> timedelta:
        """Return how long it takes, in steps of five minutes."""
        metres = self.metres(here, there)
        if metres is None:
            return UNKNOWN_WAY
        seconds = metres * 3.6 / self.km_per_hour
        return STEP * ceil(seconds / SECONDS)


def order_calls(
    calls: Sequence[Call], *, start: Position | None, day_starts_at: datetime, travel: Travel
) -> dict[int, datetime]:
    """Return when each call that has a place begins, by its index; the most urgent have the most.

    Fixed calls keep their times: none but those that clash with one another is ever missing, and
    no other call is laid over one.
    """
    places = _Places(calls, start=start, travel=travel)
    model, owners = _model(calls, places, day_starts_at=day_starts_at)
    if not owners:
        return {}
    order = [
        owners[activity.idx]
        for route in _solve(model).routes()
        for activity in route.schedule()
        if activity.is_client()
    ]
    return _as_early_as_possible(order, calls, places, day_starts_at=day_starts_at)


def _as_early_as_possible(
    order: Sequence[int], calls: Sequence[Call], places: _Places, *, day_starts_at: datetime
) -> dict[int, datetime]:
    """Give each call its first moment: the solver starts late, so that nobody waits on the way."""
    times: dict[int, datetime] = {}
    here, seconds = 0, 0
    for n in order:
        seconds += places.way(here, n + 1)[1]
        windows = _windows(calls[n], calls, day_starts_at)
        # The solver found a moment in time, and nobody comes later here than there.
        seconds = next(max(opens, seconds) for opens, last in windows if seconds <= last)
        times[n] = day_starts_at + timedelta(seconds=seconds)
        here, seconds = n + 1, seconds + calls[n].minutes * 60
    return times


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the ways lead: 0 is where the day begins, the n-th call is at n + 1."""

    calls: Sequence[Call]
    start: Position | None
    travel: Travel

    def point(self, n: int) -> Position | None:
        return self.start if n == 0 else self.calls[n - 1].point

    def way(self, here: int, there: int) -> tuple[int, int]:
        """Return metres and seconds. Home is free: where the day ends is nobody's business."""
        if there == 0 or (here == 0 and self.start is None):
            return 0, 0
        took = self.travel.time(self.point(here), self.point(there))
        metres = self.travel.metres(self.point(here), self.point(there))
        if metres is None:
            metres = round(took.total_seconds() * self.travel.km_per_hour / 3.6)
        return metres, int(took.total_seconds())


def _model(
    calls: Sequence[Call], places: _Places, *, day_starts_at: datetime
) -> tuple[Any, Mapping[int, int]]:
    # Where nobody asks for an order, nobody pays for numpy and the solver.
    from pyvrp import Model  # noqa: PLC0415

    model = Model()
    sites = [model.add_location(x=n, y=0) for n in range(len(calls) + 1)]
    depot = model.add_depot(sites[0])
    model.add_vehicle_type(1, start_depot=depot, end_depot=depot)
    owners: dict[int, int] = {}
    for n, call in enumerate(calls):
        windows = list(_windows(call, calls, day_starts_at))
        group = model.add_client_group(required=False) if len(windows) > 1 else None
        for later, (opens, closes) in enumerate(windows):
            owners[len(owners)] = n
            model.add_client(
                sites[n + 1],
                service_duration=call.minutes * 60,
                tw_early=opens,
                tw_late=closes,
                required=False,
                prize=_prize(call) - later * LATER_WINDOW,
                group=group,
            )
    for here, site in enumerate(sites):
        for there, other in enumerate(sites):
            metres, seconds = places.way(here, there) if here != there else (0, 0)
            model.add_edge(site, other, metres, seconds)
    return model, owners


def _solve(model: Any) -> Any:
    from pyvrp import Solution  # noqa: PLC0415
    from pyvrp.stop import (  # noqa: PLC0415
        MaxIterations,
        MaxRuntime,
        MultipleCriteria,
        NoImprovement,
        StoppingCriterion,
    )

    ends: list[StoppingCriterion] = [
        MaxIterations(ROUNDS),
        NoImprovement(IDLE_ROUNDS),
        MaxRuntime(MOST_SECONDS),
    ]
    # Nobody visited is a solution, so that whatever is found is one.
    nobody = Solution(model.data(), [])
    return model.solve(
        MultipleCriteria(ends), seed=0, collect_stats=False, display=False, initial_solution=nobody
    ).best


def _prize(call: Call) -> int:
    return FIXED_PRIZE if call.is_fixed else CALL_PRIZE + POINT_PRIZE * call.urgency


def _windows(
    call: Call, calls: Sequence[Call], day_starts_at: datetime
) -> Iterator[tuple[int, int]]:
    """Yield from when to when a call may begin, as seconds of the day."""
    for first, last in free_windows(call, [c for c in calls if c.is_fixed and c is not call]):
        opens = ceil((first - day_starts_at).total_seconds() / SECONDS) * SECONDS
        closes = int((last - day_starts_at).total_seconds())
        if call.is_fixed:
            yield closes, closes
        elif opens <= closes:
            yield max(opens, 0), closes


def free_windows(call: Call, fixed: Sequence[Call]) -> list[tuple[datetime, datetime]]:
    """Return between which moments a call may begin, none of which lies over a fixed one."""
    if call.visit is not None:
        return [(call.visit.starts_at, call.visit.starts_at)]
    length = timedelta(minutes=call.minutes)
    windows = [(opening.first_at, opening.last_at) for opening in call.openings]
    for visit in sorted((c.visit for c in fixed if c.visit), key=lambda v: v.starts_at):
        taken = visit.starts_at - length, visit.ends_at
        windows = [left for window in windows for left in _without(window, taken)]
    return windows


def _without(
    window: tuple[datetime, datetime], taken: tuple[datetime, datetime]
) -> Iterator[tuple[datetime, datetime]]:
    first, last = window
    start, end = taken
    if last <= start or first >= end:
        yield window
        return
    if first <= start:
        yield first, start
    if last >= end:
        yield end, last
