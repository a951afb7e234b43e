"""`flask customers find-duplicates`."""

from __future__ import annotations

import click

from crm_api.customers.duplicates import service
from crm_api.kit import clock
from crm_api.kit.progress import progress_bar
from crm_api.kit.transactions import transaction


@click.command("find-duplicates")
def find_duplicates() -> None:
    """Look for customers who may be one, a few hundred at a time.

    What was dismissed stays so. Cut short or run twice at once, it does no harm.
    """
    after, found = "", 0
    with progress_bar(total=None, unit="chunks") as bar:
        while True:
            with transaction():
                looked = service.find_duplicates(after, now=clock.now())
            if looked is None:
                break
            after, new = looked
            found += new
            bar.update()
    click.echo(f"Found {found} new pairs.")


COMMANDS = (find_duplicates,)
