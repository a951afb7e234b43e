"""`flask preparation …`: what is made ready ahead of time."""

from __future__ import annotations

from datetime import timedelta

import click

from crm_api.kit import clock
from crm_api.kit.progress import progress_bar
from crm_api.kit.transactions import transaction
from crm_api.preparation.briefs.service import freezing


@click.group("preparation")
def preparation() -> None:
    """Prepare visits."""


@preparation.command("prepare-briefs")
@click.option("--days", type=click.IntRange(1, 60), default=15, show_default=True)
@click.option(
    "--withdrawn",
    is_flag=True,
    help="Only of visits whose brief a hand-over withdrew: every minute.",
)
def prepare_briefs(days: int, *, withdrawn: bool) -> None:
    """Freeze the briefs of visits of the coming days, so that phones have them offline.

    Safe to repeat and in parallel: what says nothing new is not kept again.
    """
    now, last, count, new = clock.now(), None, 0, 0
    until = now + timedelta(days=days)
    with progress_bar(total=None, unit="visits") as bar:
        while True:
            # Composing takes its time, and keeps nobody from writing meanwhile.
            with transaction(read_only=True):
                prepared = freezing.compose_next(last, now=now, until=until, lost_theirs=withdrawn)
            if not prepared:
                break
            with transaction():
                new += freezing.keep_prepared(prepared, now=now)
            last, count = prepared[-1], count + len(prepared)
            bar.update(len(prepared))
    click.echo(f"Prepared {count} visits; {new} briefs say something new.")


COMMANDS = (preparation,)
