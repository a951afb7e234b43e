"""`flask privacy …`."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from crm_api.kit import clock
from crm_api.kit.progress import progress_bar
from crm_api.kit.transactions import transaction
from crm_api.privacy.service import sweeping

privacy = AppGroup("privacy", help="See to what customers may ask by law.")


@privacy.command("erase-due")
def erase_due() -> None:
    """Carry out the approved erasures whose day has come; name those that something blocks."""
    erased = blocked = 0
    after_id = ""
    with progress_bar(total=None, unit="erasures") as bar:
        while due := _next(after_id):
            for one in due:
                with transaction():
                    is_done = sweeping.erase_due(one, now=clock.now())
                erased, blocked = erased + is_done, blocked + (not is_done)
                bar.update()
            after_id = due[-1].id
    click.echo(f"Erased {erased} customers; {blocked} wait for something that is open.")


def _next(after_id: str) -> list[sweeping.Due]:
    with transaction(read_only=True):
        return sweeping.due_erasures(after_id=after_id, now=clock.now())


COMMANDS = (privacy,)
