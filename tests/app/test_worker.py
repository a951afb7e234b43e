"""`flask worker`: regular work is done on time, by one at a time, whatever fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import click
import pytest

from crm_api.app.commands import Worker
from crm_api.app.schedule import AFTER_FAILURE, JOBS, Job
from crm_api.kit import turns
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.support.server import ROOT, environment

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def work(app, at):
    """Commands that only tell that they ran, and a worker for them."""
    at(NOON)
    done = []

    def job(name, *, ends=None, **rhythm):
        def run():
            done.append(name)
            if ends is not None:
                raise ends

        app.cli.add_command(click.command(name)(run))
        added.append(name)
        with transaction():
            turns.ensure_turns(added, now=NOON)
        return Job(command=(name,), **({"every": MINUTE} | rhythm))

    added = []
    job.done = done
    yield job
    for name in added:
        app.cli.commands.pop(name)


def turn(name):
    with transaction(read_only=True):
        return next(t for t in turns.list_turns() if t.name == name)


def test_what_is_due_is_done_once_and_again_when_its_time_comes(app, work, at):
    worker = Worker(app, [work("one")])

    assert (worker.do_what_is_due(), worker.do_what_is_due()) == (1, 0)
    at(NOON + MINUTE)
    assert worker.do_what_is_due() == 1
    assert work.done == ["one", "one"]
    assert turn("one").outcome == "ok"


def test_one_that_fails_stops_no_other_and_is_tried_again_soon(app, work, at):
    jobs = [work("broken", ends=RuntimeError(), every=timedelta(days=1)), work("sound")]

    assert Worker(app, jobs).do_what_is_due() == 2
    assert turn("broken").outcome == "failed: RuntimeError"
    at(NOON + AFTER_FAILURE)
    Worker(app, jobs).do_what_is_due()
    assert work.done == ["broken", "sound", "broken", "sound"]


def test_one_that_ends_with_a_code_found_something_and_keeps_its_rhythm(app, work, at):
    jobs = [work("audit", ends=SystemExit(1), every=timedelta(days=1))]

    Worker(app, jobs).do_what_is_due()
    at(NOON + AFTER_FAILURE)
    assert Worker(app, jobs).do_what_is_due() == 0
    assert turn("audit").outcome == "exit 1"


def test_what_another_is_at_is_left_to_him_until_his_time_is_over(app, work, at):
    job = work("long")
    with transaction():
        assert turns.take_turn("long", by="crashed", now=NOON, until=NOON + job.longest)

    assert Worker(app, [job]).do_what_is_due() == 0
    at(NOON + job.longest)
    assert Worker(app, [job]).do_what_is_due() == 1
    with transaction():  # he was only slow, and gives back what is his no more
        late = {"now": NOON + job.longest, "outcome": "ok", "due_at": NOON}
        turns.end_turn("long", by="crashed", **late)
    assert turn("long").due_at == NOON + job.longest + MINUTE


@pytest.mark.heavy
def test_of_many_who_ask_at_once_one_gets_the_turn(app, work):
    work("wanted")
    got, start = [], threading.Barrier(8)

    def ask(n):
        with app.app_context():
            start.wait(30)
            with transaction():
                until = NOON + MINUTE
                got.append(turns.take_turn("wanted", by=f"w{n}", now=NOON, until=until))
            db.session.remove()

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(got) == [False] * 7 + [True]


def test_new_work_is_due_at_once_and_old_work_is_forgotten(app, at):
    with transaction():
        turns.ensure_turns(["old", "kept"], now=NOON)
        turns.ensure_turns(["kept", "new"], now=NOON + MINUTE)

    assert [(t.name, t.due_at) for t in turns.list_turns()] == [
        ("kept", NOON),
        ("new", NOON + MINUTE),
    ]


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 3, 1, 19, 59, tzinfo=UTC), datetime(2026, 3, 1, 20, tzinfo=UTC)),
        (datetime(2026, 3, 1, 20, tzinfo=UTC), datetime(2026, 3, 2, 20, tzinfo=UTC)),
    ],
)
def test_a_daily_time_is_the_business_zone_s(now, due):
    job = Job(command=("x",), daily_at=time(4))
    assert job.due_after(now, zone=SHANGHAI) == due


def test_the_hour_that_a_clock_leaps_over_still_comes():
    job, zone = Job(command=("x",), daily_at=time(2, 30)), ZoneInfo("Europe/Berlin")
    before = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert job.due_after(before, zone=zone) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_every_job_is_a_command_that_there_is(app):
    runner = app.test_cli_runner()
    for job in JOBS:
        assert runner.invoke(args=[*job.command, "--help"]).exit_code == 0, job.name


@pytest.mark.heavy
def test_once_does_the_regular_work_of_a_new_system_and_lists_it(app):
    runner = app.test_cli_runner()

    assert f"{len(JOBS)} pieces of work done" in runner.invoke(args=["worker", "--once"]).output
    assert "worker: 0 pieces" in runner.invoke(args=["worker", "--once"]).output
    listing = runner.invoke(args=["worker", "--list"]).output
    assert listing.count(" ok") == len(JOBS), listing


@pytest.mark.heavy
def test_on_term_it_finishes_and_ends(own_database_url):
    command = [sys.executable, "-m", "flask", "--app", "crm_api.app", "worker"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(own_database_url), stdout=subprocess.PIPE, text=True
    )
    try:
        assert "TERM ends it" in process.stdout.readline()
        os.kill(process.pid, signal.SIGTERM)
        process.communicate(timeout=120)
        assert process.returncode == 0
    finally:
        process.kill()
