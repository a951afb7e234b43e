"""`flask sync …`: what keeps the feeds of phones true and small."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from crm_api import config
from crm_api.kit import clock
from crm_api.kit.progress import progress_bar
from crm_api.kit.transactions import transaction
from crm_api.sync.feeding import queries, service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from crm_api.sync.feeding.terms import Faults

SHOWN = 20  # faults of each feed


@click.command("verify")
@click.option("--repair", is_flag=True, help="Put right what is wrong.")
def verify(*, repair: bool) -> None:
    """Compare feeds with what their subscribers may see, both ways; exit 1 where one is wrong.

    Each feed is looked at in a moment of its own, so that work goes on. What leaves or enters by
    the calendar alone is put right by `roll-windows`, which comes before in the night.
    """
    found = []
    for subscriber_id in _one_by_one(queries.active_feeds):
        with transaction(read_only=True):
            faults = service.find_faults(subscriber_id, now=clock.now())
        if len(faults):
            found.append(faults)
            _show(faults)
            if repair:
                with transaction():
                    service.repair_feed(subscriber_id, now=clock.now())
    click.echo(f"{len(found)} feeds {'were wrong, and are mended' if repair else 'are wrong'}.")
    if found and not repair:
        raise SystemExit(1)


def _show(faults: Faults) -> None:
    for kind in ("lacks", "has_too_much", "misnumbered"):
        for entry in sorted(getattr(faults, kind))[:SHOWN]:
            words = f"{kind.replace('_', ' ')} {entry.table_name} {entry.record_id}"
            click.echo(f"The feed of {entry.subscriber_id}: {words}.", err=True)


@click.command("follow-covers")
def follow_covers() -> None:
    """Let feeds carry whom their subscribers cover by now. Run it each minute.

    A phone that syncs sees to its own feed; this one is for those that stay silent.
    """
    with transaction(read_only=True):
        lagging = queries.lagging_feeds(now=clock.now())
    for subscriber_id in lagging:
        with transaction():
            service.follow_covers_in_force(subscriber_id, now=clock.now())
    click.echo(f"{len(lagging)} feeds carry other portfolios now.")


@click.command("roll-windows")
def roll_windows() -> None:
    """Feed what entered or left by the calendar alone, such as what is a year old by today."""
    records = 0
    for subscriber_id in _one_by_one(queries.active_feeds):
        with transaction():
            records += service.reconcile_feed(subscriber_id, now=clock.now())
    click.echo(f"{records} records came or went.")


@click.command("purge-feeds")
def purge_feeds() -> None:
    """Forget what has been gone for long, and feeds that no phone has read for as long.

    A phone that comes later than that is filled anew.
    """
    before = _oldest(clock.now())
    with transaction(read_only=True):
        unread = queries.unread_feeds(since=before)
    for subscriber_id in unread:
        with transaction():
            service.retire_feed(subscriber_id, unread_since=before)
    gone = 0
    for subscriber_id in _one_by_one(queries.active_feeds):
        with transaction():
            gone += service.purge_tombstones(subscriber_id, before=before)
    click.echo(f"Forgot {gone} records that are gone, and {len(unread)} feeds that nobody reads.")


def _oldest(now: datetime) -> datetime:
    return now - timedelta(days=config.current().tombstones_kept_days)


def _one_by_one(find: Callable[[], list[str]]) -> Iterator[str]:
    with transaction(read_only=True):
        subscriber_ids = find()
    with progress_bar(total=len(subscriber_ids), unit="feeds") as bar:
        for subscriber_id in subscriber_ids:
            yield subscriber_id
            bar.update()


COMMANDS = (verify, follow_covers, roll_windows, purge_feeds)
