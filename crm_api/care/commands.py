"""`flask care …`: what any scheduler may run, twice or side by side."""

from __future__ import annotations

import functools
import os
import socket
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click
from flask.cli import AppGroup

from crm_api.calendars import service as calendars
from crm_api.care import service
from crm_api.care.doubts import service as doubts
from crm_api.care.errors import PlanOutOfReach
from crm_api.care.gateway import commands as gateway
from crm_api.care.values import Tally, sum_up
from crm_api.care.wishes import queries as wishes
from crm_api.care.wishes.service import following
from crm_api.care.wording.commands import kind_of_people, pools
from crm_api.contact_frequency import service as contact_frequency
from crm_api.kit import clock
from crm_api.kit.errors import Busy
from crm_api.kit.processes import collecting_rarely, sharing
from crm_api.kit.progress import progress_bar
from crm_api.kit.transactions import transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date, datetime

    from tqdm import tqdm

    from crm_api.care.values import Cause, Step

    Counted = Sequence[tuple[Cause, Tally]]

CHUNK = 200  # whose locks are held together

care = AppGroup("care", help="Plan greetings, and drop those that missed their day.")
care.add_command(pools)
COMMANDS = (care, *gateway.COMMANDS)


@care.command("plan", short_help="Plan the greetings of a day or of some days.")
@click.option("--on", "on", type=click.DateTime(["%Y-%m-%d"]), help="The first day; else today.")
@click.option("--days", type=click.IntRange(min=1), default=1, help="How many days.")
@click.option("--dry-run", is_flag=True, help="Store nothing; tell what would happen.")
@click.option(
    "--processes",
    type=click.IntRange(min=1, max=64),
    default=1,
    show_default=True,
    help="How many share the work on this host. On SQLite one does it all.",
)
@collecting_rarely()
def plan(on: datetime | None, days: int, *, dry_run: bool, processes: int) -> None:
    """Plan the greetings of a day or of the days from it on.

    Run it on as many hosts as you like, at once or after one another: processes share the people
    of each occasion in batches, what one leaves behind the next takes over, and nobody is greeted
    twice. A later run looks at newcomers, and again at those who were refused, whose refusal is
    stored anew only where its reasons are others. What was planned for a day of grief, before its
    label was known for one, is withdrawn.

    With --dry-run, each occasion is told with what it would cost in SMS parts and why people get
    no greeting. The last line sums up; a progress bar on standard error shows how far it is.
    """
    now = clock.now()
    first = on.date() if on else calendars.local_day(now)
    if not dry_run:
        _look_ahead(first, days=days, now=now)
    with transaction(read_only=True):
        try:
            causes = service.causes_between(first, days=days, now=now)
        except PlanOutOfReach as refusal:
            raise click.BadParameter(refusal.detail, param_hint="--on") from None
        counted = [(cause, service.count_cause(cause)) for cause in causes]
    if dry_run:
        _rehearse(counted)
    else:
        _sweep(counted, first=first, days=days, processes=processes)
    for name, tally in _by_occasion(counted) if dry_run else ():
        click.echo(f"  {name}: {_told(tally)}")
    for line in _dry_pools(counted):
        click.echo(f"  {line}")
    total = sum_up(tally for _, tally in counted)
    name = "care plan (dry run)" if dry_run else "care plan"
    click.echo(f"{name} from {first} for {days} day(s): {_told(total)}")


def _look_ahead(first: date, *, days: int, now: datetime) -> None:
    """Judge anew what may be known by now of the dates and labels of some days."""
    with transaction():
        doubts.check_ahead(first, days=days, now=now)
    with transaction(read_only=True):
        grieving = wishes.find_grieving(first, last=first + timedelta(days=days - 1))
    for start in range(0, len(grieving), CHUNK):
        with transaction():
            following.withdraw_grief(grieving[start : start + CHUNK])


def _rehearse(counted: Counted) -> None:
    rehearsal = service.Rehearsal()
    with _bar(counted) as bar:
        for cause, tally in counted:
            after = "" if tally.open else None
            while after is not None:
                with transaction(read_only=True):
                    step = rehearsal.plan_chunk(cause, after=after, now=clock.now())
                tally.add(step.tally)
                bar.update(step.seen)
                after = step.last_key


def _sweep(counted: Counted, *, first: date, days: int, processes: int) -> None:
    worker = f"{socket.gethostname()}:{os.getpid()}"
    with transaction():
        run_id = service.start_run(first, days=days, worker=worker, now=clock.now())
    causes = [cause if tally.open else None for cause, tally in counted]
    work = functools.partial(_steps, causes, run_id=run_id)
    with sharing(work, processes=processes) as steps, _bar(counted) as bar:
        for place, step in steps:
            counted[place][1].add(step.tally)
            _note_progress(run_id, counted)
            bar.update(step.seen)
    _note_progress(run_id, counted, ended_at=clock.now())


def _bar(counted: Counted) -> tqdm[Any]:
    return progress_bar(total=sum(tally.open for _, tally in counted), unit="greetings")


def _steps(causes: Sequence[Cause | None], *, run_id: str) -> Iterator[tuple[int, Step]]:
    """Plan batch by batch what nobody else plans; yield the place of each one's cause with it."""
    for place, cause in enumerate(causes):
        if cause is not None:
            with transaction():
                service.open_round(cause, run_id=run_id, now=clock.now())
            while step := _plan_next(cause, run_id=run_id):
                yield place, step


def _plan_next(cause: Cause, *, run_id: str, tries: int = 3) -> Step | None:
    """Plan a batch, if one is left. Where people changed meanwhile, look again."""
    try:
        with transaction():
            return service.plan_batch(cause, run_id=run_id, now=clock.now())
    except Busy:
        if tries == 1:
            raise
    return _plan_next(cause, run_id=run_id, tries=tries - 1)


def _note_progress(run_id: str, counted: Counted, *, ended_at: datetime | None = None) -> None:
    with transaction():
        whole = sum_up(tally for _, tally in counted)
        service.note_progress(run_id, whole, ended_at=ended_at)


def _by_occasion(counted: Counted) -> Iterator[tuple[str, Tally]]:
    """Return what became of each occasion of each day that anybody has."""
    found: dict[tuple[date, str], Tally] = {}
    for cause, tally in counted:
        found.setdefault((cause.on, cause.festival_key or cause.occasion), Tally()).add(tally)
    return ((f"{on} {name}", tally) for (on, name), tally in sorted(found.items()) if tally.due)


def _dry_pools(counted: Counted) -> Iterator[str]:
    """Name the occasions on which people get nothing for want of words, and whom."""
    found: dict[str, Tally] = {}
    for cause, tally in counted:
        found.setdefault(cause.festival_key or cause.occasion, Tally()).add(tally)
    for name, tally in sorted(found.items()):
        if none := tally.blocked["no_template"]:
            yield f"no words for {name}: {none} people"
        if tally.wordless:
            kinds = sorted((kind_of_people(*kind), n) for kind, n in tally.wordless.items())
            whom = ", ".join(f"{kind} {n}" for kind, n in kinds)
            yield f"words run dry for {name}: {whom} (see `flask care pools`)"


def _told(tally: Tally) -> str:
    reasons = sorted((-count, reason) for reason, count in tally.blocked.items() if count)
    why = ", ".join(f"{reason} {-count}" for count, reason in reasons)
    return (
        f"{tally.due} due, {tally.planned} planned, {tally.already} planned before, "
        f"{tally.blocked.total()} blocked"
        + (f" ({why})" if why else "")
        + f"; {tally.segments} SMS parts"
    )


@care.command("arbitrate")
def arbitrate() -> None:
    """Firm the holds that are near, and let greetings that lost their moment ask again."""
    firmed = _repeat(contact_frequency.firm_due, unit="holds")
    asked = _repeat(service.rearbitrate, unit="greetings")
    dropped = _repeat(service.drop_lost, unit="greetings")
    click.echo(
        f"care arbitrate: {firmed} holds firmed, {asked} lost greetings asked again, "
        f"{dropped} dropped with their day"
    )


def _repeat(sweep: Callable[..., int], *, unit: str) -> int:
    total = 0
    with progress_bar(total=None, unit=unit) as bar:
        while True:
            with transaction():
                found = sweep(now=clock.now())
            if not found:
                return total
            total += found
            bar.update(found)


@care.command("check-dates")
def check_dates() -> None:
    """Count birthdays by team, to tell masses on 1 January, which are not greeted."""
    with transaction():
        masses = doubts.check_birthdays(now=clock.now())
    where = ", ".join(team_id or "all others" for team_id in masses)
    found = f"{len(masses)} masses on 1 January" + (f" ({where})" if where else "")
    click.echo(f"care check-dates: {found}")


@care.command("expire")
def expire() -> None:
    """Drop the greetings that missed their window, and give back their slots."""
    dropped = _repeat(service.expire_messages, unit="messages")
    click.echo(f"care expire: {dropped} greetings dropped")
