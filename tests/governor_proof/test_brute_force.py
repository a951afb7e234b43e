"""The governor agrees with a model that knows nothing of its code, history by history.

Tell a disagreement again with `GOVERNOR_WORLD=<number>`; look through more with
`GOVERNOR_WORLDS=<how many>`.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tests.governor_proof.agreement import case_of, check
from tests.governor_proof.worlds import make_world

WORLDS = int(os.environ.get("GOVERNOR_WORLDS", "5500"))
ONLY = os.environ.get("GOVERNOR_WORLD")
ALWAYS, BATCH = 2500, 500  # the others are heavy


def numbers():
    if ONLY is not None:
        return [range(int(ONLY), int(ONLY) + 1)]
    batches = [range(start, min(start + BATCH, WORLDS)) for start in range(0, WORLDS, BATCH)]
    return [b if b.start < ALWAYS else pytest.param(b, marks=pytest.mark.heavy) for b in batches]


@pytest.mark.parametrize("batch", numbers(), ids=lambda b: f"{b.start}-{b.stop - 1}")
def test_they_agree_on_every_reason_and_every_moment(batch):
    verdicts = Counter(check(case_of(number, make_world(number))) for number in batch)

    assert ONLY or min(verdicts["blocked"], verdicts["allowed"]) > BATCH // 10, verdicts
