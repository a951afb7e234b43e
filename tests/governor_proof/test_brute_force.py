"""The governor agrees with a model that knows nothing of its code, history by history.

Tell a disagreement again with `GOVERNOR_WORLD=<number>`; look through more with
`GOVERNOR_WORLDS=<how many>`.
"""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest

from tests.governor_proof.judge import Judge
from tests.governor_proof.model import local
from tests.governor_proof.telling import decide
from tests.governor_proof.worlds import datetime_of, describe, make_world

WORLDS = int(os.environ.get("GOVERNOR_WORLDS", "5500"))
ONLY = os.environ.get("GOVERNOR_WORLD")
BATCH = 500


def brute_answer(world, judge):
    """Return verdict, next allowed and earlier alternative by trying everything."""
    asked = world.asked.at
    if judge.is_blocked(asked):
        return "blocked", judge.next_allowed(), judge.earlier_alternative()
    return "allowed_with_warning" if judge.is_warned_of(asked) else "allowed", asked, None


def governors_answer(world):
    decision = decide(world)
    moments = (decision.next_allowed_at, decision.earlier_alternative_at)
    return str(decision.verdict), *(None if m is None else _micros(m) for m in moments)


def _micros(moment):
    return round((moment - datetime_of(0)).total_seconds() * 1_000_000)


def numbers():
    if ONLY is not None:
        return [range(int(ONLY), int(ONLY) + 1)]
    return [range(start, min(start + BATCH, WORLDS)) for start in range(0, WORLDS, BATCH)]


@pytest.mark.parametrize("batch", numbers(), ids=lambda b: f"{b.start}-{b.stop - 1}")
def test_verdict_next_and_earlier_agree(batch):
    verdicts = Counter()
    for number in batch:
        world = make_world(number)
        judge = Judge(world)
        expected = brute_answer(world, judge)
        answered = governors_answer(world)
        assert answered == expected, explain(number, world, answered, expected)
        _prove_nothing_lies_between(number, world, judge, answered)
        verdicts[answered[0]] += 1
    assert ONLY or min(verdicts["blocked"], verdicts["allowed"]) > BATCH // 10, verdicts


def _prove_nothing_lies_between(number, world, judge, answered):
    """No moment between the one asked and the answers is legal, wherever one looks."""
    verdict, soonest, earlier = answered
    if verdict != "blocked":
        return
    rng, asked = random.Random(number), world.asked.at
    last = asked + 7 * 86_400_000_000 if soonest is None else soonest
    first = min(world.now, asked) if earlier is None else earlier + 1
    for instant in [rng.randrange(first, last) for _ in range(8)] if first < last else ():
        legal = not judge.is_blocked(instant) and instant >= world.now
        assert not legal, explain(number, world, answered, ("legal at", instant, None))


def explain(number, world, answered, expected):
    def told(answer):
        return [
            f"{local(part, world.zone):%a %F %T.%f%z}" if isinstance(part, int) else part
            for part in answer
        ]

    return (
        f"world {number}\ngovernor: {told(answered)}\nmodel:    {told(expected)}\n{describe(world)}"
    )
