"""kill -9 between any two steps: nothing is half written, and a repeat is the same contact."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.governor_proof.killed import USE_CASES
from tests.governor_proof.test_races import HALF_WRITTEN, assert_audit_is_clean, count
from tests.support.server import ROOT

pytestmark = pytest.mark.heavy
FEWEST_STEPS = 5


def test_whoever_dies_at_whatever_step_leaves_nothing_half_done(own_database_url):
    run = subprocess.run(
        [sys.executable, "-m", "tests.governor_proof.killed", own_database_url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert run.returncode == 0, run.stderr[-3000:]

    found = json.loads(run.stdout)

    assert set(found) == set(USE_CASES)
    for name, became in found.items():
        assert became.pop("deaths") > FEWEST_STEPS, name
        assert became == {
            "torn": [],
            "changed_by_repeating": False,
            "answers": 1,
            "breaches": 0,
        }, name
    torn = [
        what
        for what, many in zip(
            HALF_WRITTEN, count(own_database_url, *HALF_WRITTEN.values()), strict=True
        )
        if many
    ]
    assert torn == []
    assert_audit_is_clean(own_database_url)
