"""`flask visits escalate-promises`: promises that nobody kept come before the managers."""

from __future__ import annotations

import click

from crm_api.calendars import service as calendars
from crm_api.kit import clock
from crm_api.kit.progress import progress_bar
from crm_api.kit.transactions import transaction
from crm_api.visits.promises import service


@click.command("escalate-promises")
def escalate_promises() -> None:
    """Put promises that are late on the managers' list, each once. Safe to repeat."""
    now, count = clock.now(), 0
    today = calendars.local_day(now)
    with progress_bar(total=None, unit="promises") as bar:
        while True:
            with transaction():
                some = service.escalate_some(before=today, now=now)
            if not some:
                break
            count += some
            bar.update(some)
    click.echo(f"{count} late promises are on the managers' list now.")
