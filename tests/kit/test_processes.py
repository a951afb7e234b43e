"""Processes that share a command's work, and what becomes of it when one fails."""

import gc
import os

import pytest

from crm_api.kit.processes import WorkerDied, collecting_rarely, sharing

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def work():
    yield from ((os.getpid(), n) for n in range(3))


def fail():
    yield "before"
    raise SystemExit(3)


def test_each_process_tells_what_it_did(app, backend):
    with sharing(work, processes=2) as results:
        found = list(results)

    pids = {pid for pid, _ in found}
    expected = 2 if backend == "postgres" else 1
    assert len(pids) == expected
    assert sorted(n for _, n in found) == sorted([0, 1, 2] * expected)


def test_one_process_is_this_one(app):
    with sharing(work, processes=1) as results:
        assert {pid for pid, _ in results} == {os.getpid()}


def test_a_worker_that_dies_is_told_once_the_others_are_through(app, backend):
    if backend == "sqlite":
        return  # one does it all
    with pytest.raises(WorkerDied), sharing(fail, processes=2) as results:
        assert list(results) == ["before"] * 2


def test_python_collects_as_before_once_the_work_is_over():
    before = gc.get_threshold()

    with collecting_rarely():
        assert gc.get_threshold()[0] > before[0]

    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
