"""`flask sync purge-pushes`."""

from __future__ import annotations

import click

from crm_api.kit import clock
from crm_api.kit.progress import progress_bar
from crm_api.kit.transactions import transaction
from crm_api.sync.pushing import service


@click.command("purge-pushes")
def purge_pushes() -> None:
    """Forget answers of 30 days ago and receipts of 180, a chunk at a time. Safe to repeat."""
    gone = 0
    with progress_bar(total=None, unit="rows") as bar:
        while True:
            with transaction():
                some = service.purge_pushes(now=clock.now())
            if not some:
                break
            gone += some
            bar.update(some)
    click.echo(f"Forgot {gone} answers and receipts.")


COMMANDS = (purge_pushes,)
