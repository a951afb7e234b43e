"""`./run test` asks for as many processes as it was told, where every tool is a fake."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("python", "ruff", "lint-imports", "mypy")
FAKE = '#!/bin/sh\necho "${0##*/} $*" >>"$CALLS"\n'


@pytest.fixture
def checkout(tmp_path):
    """The script and its lock files, with tools that only write down how they were called."""
    shutil.copy2(ROOT / "run", tmp_path / "run")
    for lock in ("requirements.txt", "requirements-dev.txt"):
        (tmp_path / lock).touch()
    tools = tmp_path / ".venv" / "bin"
    tools.mkdir(parents=True)
    for tool in TOOLS:
        (tools / tool).write_text(FAKE)
        (tools / tool).chmod(0o755)
    return tmp_path


def run_tests(checkout, *, processes):
    calls = checkout / "calls"
    calls.unlink(missing_ok=True)
    # nproc would tell of what OMP_NUM_THREADS allows, and not of the cores.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OMP_")}
    told = {**kept, "CALLS": str(calls), "TEST_PROCESSES": processes}
    command = [str(checkout / "run"), "test", "--all"]
    done = subprocess.run(command, env=told, capture_output=True, text=True, check=False)
    begun = [line.split() for line in calls.read_text().splitlines() if "-m pytest" in line]
    return done, [call[call.index("-n") + 1] for call in begun]


@pytest.mark.parametrize(
    ("processes", "asked"),
    [("3", 3), ("", 2), ("auto", len(os.sched_getaffinity(0)))],
)
def test_the_heavy_ones_get_one_process_more(checkout, processes, asked):
    done, found = run_tests(checkout, processes=processes)

    assert done.returncode == 0, done.stderr
    assert found == [str(asked), str(asked + 1)]


def test_any_other_word_is_refused_before_anything_runs(checkout):
    done, found = run_tests(checkout, processes="many")

    assert (done.returncode, found) == (2, [])
    assert "TEST_PROCESSES must be a number or auto" in done.stderr
