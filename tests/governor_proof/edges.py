"""Worlds in which somebody asks for exactly the moment at which an answer changes, or just off."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from tests.governor_proof.judge import HORIZON, Judge
from tests.governor_proof.model import DAY, World, local, shown
from tests.governor_proof.worlds import make_world

OFF = (0, 0, -1, 1)


def edge_worlds(numbers: range) -> Iterator[World]:
    """Return each of these worlds, and then again with the question put to its edges."""
    for number in numbers:
        world = make_world(number)
        yield world
        rng = random.Random(f"edges of {number}")
        judge = Judge(world)
        points = sorted(_turns(judge)) + sorted(_of_days(judge, rng))
        for point in rng.sample(points, min(3, len(points))):
            yield _asked_at(world, point + rng.choice(OFF))
        yield from _answers(world, judge)


def _turns(judge: Judge) -> set[int]:
    now = judge.world.now
    near = {p for p in judge.turning_points() if abs(p - now) < HORIZON // 4}
    between = [(a + b) // 2 for a, b in zip(sorted(near), sorted(near)[1:], strict=False)]
    serving = set() if judge.visit_at is None else {judge.visit_at + 2 * DAY}
    return near | set(between[:2]) | serving | {now - 5 * 60 * 1_000_000, now + 1}


def _of_days(judge: Judge, rng: random.Random) -> set[int]:
    """Return when hours, wishes and days begin and end around the moment asked."""
    zone = judge.world.zone
    days = {local(judge.asked.at, zone).date() + timedelta(days=n) for n in (-1, 0, 1)}
    ends = {w.ends_on for p in judge.persons for w in p.wishes if w.ends_on is not None}
    ends |= {p.of_age_on for p in judge.persons if p.of_age_on is not None}
    points = {p for day in sorted(days | ends) for p in judge.edges_of(day)}
    return {*rng.sample(sorted(points), min(6, len(points))), *(shown(d, 1440, zone) for d in ends)}


def _answers(world: World, judge: Judge) -> Iterator[World]:
    """Ask for the very moments that the model names, and with the clock at them."""
    if not judge.is_blocked(world.asked.at):
        return
    earlier = judge.earlier_alternative()
    if earlier is not None:
        yield replace(world, now=earlier)
        yield replace(world, now=earlier + 1)
    soonest = judge.next_allowed()
    if soonest is not None and soonest - HORIZON > world.now:
        yield _asked_at(world, soonest - HORIZON)


def _asked_at(world: World, at: int) -> World:
    return replace(world, asked=replace(world.asked, at=at))
