"""`flask worker`: the regular work, for those who have no scheduler of their own."""

from __future__ import annotations

import os
import signal
import socket
import threading
from typing import TYPE_CHECKING, Any

import click
import structlog
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from crm_api import config
from crm_api.app.schedule import JOBS
from crm_api.kit import clock, turns
from crm_api.kit.transactions import transaction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_api.app.schedule import Job

GLANCE_SECONDS = 5.0
log = structlog.get_logger()


@click.command("worker")
@click.option("--once", is_flag=True, help="Do what is due, and end.")
@click.option("--list", "is_list", is_flag=True, help="Show what is done when, and how it went.")
@with_appcontext
def worker(*, once: bool, is_list: bool) -> None:
    """Do the regular work on time: plan greetings, sweep, expire, audit, purge.

    Run as many as you like, on any hosts: each piece of work is taken by one at a time. On TERM
    the one in hand is finished.
    """
    with transaction():
        turns.ensure_turns([job.name for job in JOBS], now=clock.now())
    if is_list:
        click.echo(_listing())
        return
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    runner = Worker(app)
    if once:
        click.echo(f"worker: {runner.do_what_is_due()} pieces of work done")
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: runner.stopping.set())
    click.echo(f"worker {runner.name}: {len(JOBS)} pieces of regular work; TERM ends it")
    runner.run()


class Worker:
    """Takes what is due, one after the other."""

    def __init__(self, app: Flask, jobs: Sequence[Job] = JOBS) -> None:
        self.app = app
        self.jobs = jobs
        self.name = f"{socket.gethostname()}-{os.getpid()}"
        self.stopping = threading.Event()

    def run(self) -> None:
        """Work until told to stop. A database that is away for a while is waited for."""
        while not self.stopping.wait(GLANCE_SECONDS):
            try:
                self.do_what_is_due()
            except SQLAlchemyError:
                log.exception("worker_waits_for_the_database")

    def do_what_is_due(self) -> int:
        """Do each piece of work that is due and free; return how many those were."""
        done = 0
        for job in self.jobs:
            if not self.stopping.is_set() and self._take(job):
                self._do(job)
                done += 1
        return done

    def _take(self, job: Job) -> bool:
        now = clock.now()
        with self.app.app_context(), transaction():
            return turns.take_turn(job.name, by=self.name, now=now, until=now + job.longest)

    def _do(self, job: Job) -> None:
        began = clock.now()
        outcome, has_failed = self._run(job)
        now, zone = clock.now(), config.current().zone
        seconds = round((now - began).total_seconds(), 3)
        log.info("work_done", job=job.name, outcome=outcome, seconds=seconds)
        due_at = (
            job.due_after_failure(now, zone=zone) if has_failed else job.due_after(now, zone=zone)
        )
        with self.app.app_context(), transaction():
            turns.end_turn(job.name, by=self.name, now=now, outcome=outcome, due_at=due_at)

    def _run(self, job: Job) -> tuple[str, bool]:
        """Run a command as if it were typed; tell how it ended, and whether to try again soon.

        An audit that found something ends with a code of its own, and would find it again.
        """
        try:
            with self.app.app_context():
                self.app.cli.main(list(job.command), standalone_mode=False)
        except SystemExit as end:
            return (f"exit {end.code}" if end.code else "ok"), False
        except Exception as error:  # whatever one piece of work does, the others go on
            log.exception("work_failed", job=job.name)
            return f"failed: {type(error).__name__}", True
        return "ok", False


def _listing() -> str:
    rhythms = {job.name: job.rhythm for job in JOBS}
    with transaction(read_only=True):
        rows = [_line(turn, rhythms) for turn in turns.list_turns()]
    return "\n".join(rows)


def _line(turn: Any, rhythms: dict[str, str]) -> str:
    zone = config.current().zone
    ended = f"{turn.ended_at.astimezone(zone):%Y-%m-%d %H:%M}" if turn.ended_at else "never"
    due = f"{turn.due_at.astimezone(zone):%Y-%m-%d %H:%M}"
    held = f", {turn.taken_by} is at it" if turn.taken_by else ""
    return (
        f"{turn.name:<28} {rhythms[turn.name]:<15} due {due}, last {ended} {turn.outcome}".rstrip()
        + held
    )
