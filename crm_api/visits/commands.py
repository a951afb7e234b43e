"""`flask visits …`: what a scheduler runs every day."""

from __future__ import annotations

from datetime import timedelta

import click

from crm_api import config
from crm_api.kit import clock
from crm_api.kit.transactions import transaction
from crm_api.visits import queries, service
from crm_api.visits.promises.commands import escalate_promises


@click.group("visits")
def visits() -> None:
    """Look after visits."""


@visits.command("list-unclosed")
def list_unclosed() -> None:
    """List visits whose time is over and that nobody closed: they keep counting until then."""
    count = 0
    with transaction(read_only=True):
        for count, visit in enumerate(queries.unclosed_visits(now=clock.now()), 1):  # noqa: B007
            click.echo(f"{visit.owner_id} {visit.starts_at.isoformat()} {visit.status} {visit.id}")
    click.echo(f"{count} visits are not closed.")


@visits.command("purge-coordinates")
def purge_coordinates() -> None:
    """Forget where people stood when they checked in, once the verdict is old. Safe to repeat."""
    kept = timedelta(days=config.current().coordinates_kept_days)
    with transaction():
        count = service.purge_coordinates(before=clock.now() - kept)
    click.echo(f"Forgot the coordinates of {count} check-ins.")


visits.add_command(escalate_promises)
COMMANDS = (visits,)
