"""`flask care …`: what any scheduler may run, twice or side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup

from crm_api.calendars import service as calendars
from crm_api.care import service
from crm_api.care.doubts import service as doubts
from crm_api.care.errors import PlanOutOfReach
from crm_api.care.gateway import commands as gateway
from crm_api.care.values import Tally
from crm_api.contact_frequency import service as contact_frequency
from crm_api.kit import clock
from crm_api.kit.progress import progress_bar
from crm_api.kit.transactions import transaction

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from crm_api.care.values import Cause, Step

care = AppGroup("care", help="Plan greetings, and drop those that missed their day.")
COMMANDS = (care, *gateway.COMMANDS)


@care.command("plan")
@click.option("--on", "on", type=click.DateTime(["%Y-%m-%d"]), help="The first day; else today.")
@click.option("--days", type=click.IntRange(min=1), default=1, help="How many days.")
@click.option("--dry-run", is_flag=True, help="Store nothing; tell what would happen.")
def plan(on: datetime | None, days: int, *, dry_run: bool) -> None:
    """Plan the greetings of a day or of the days from it on."""
    now = clock.now()
    first = on.date() if on else calendars.local_day(now)
    with transaction(read_only=True):
        try:
            causes = service.causes_between(first, days=days, now=now)
        except PlanOutOfReach as refusal:
            raise click.BadParameter(refusal.detail, param_hint="--on") from None
        tallies = [service.count_cause(cause) for cause in causes]
    plan_chunk = service.Rehearsal().plan_chunk if dry_run else service.plan_chunk
    total = Tally()
    with progress_bar(total=sum(tally.open for tally in tallies), unit="greetings") as bar:
        for cause, tally in zip(causes, tallies, strict=True):
            total.add(tally)
            if tally.open:
                total.add(_plan_cause(cause, plan_chunk, dry_run=dry_run, tick=bar.update))
    click.echo(_summary(total, first=first.isoformat(), days=days, dry_run=dry_run))


def _plan_cause(
    cause: Cause, plan_chunk: Callable[..., Step], *, dry_run: bool, tick: Callable[[int], object]
) -> Tally:
    tally, after, is_more = Tally(), None, True
    while is_more:
        with transaction(read_only=dry_run):
            step = plan_chunk(cause, after=after, now=clock.now())
        tally.add(step.tally)
        tick(step.seen)
        after, is_more = step.last_key, step.last_key is not None
    return tally


def _summary(total: Tally, *, first: str, days: int, dry_run: bool) -> str:
    reasons = sorted((-count, reason) for reason, count in total.blocked.items() if count)
    why = ", ".join(f"{reason} {-count}" for count, reason in reasons)
    return (
        f"{'care plan (dry run)' if dry_run else 'care plan'} from {first} for {days} day(s): "
        f"{total.due} due, {total.planned} planned, {total.already} planned before, "
        f"{total.blocked.total()} blocked" + (f" ({why})" if why else "")
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
