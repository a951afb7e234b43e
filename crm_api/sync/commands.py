"""`flask sync …`."""

from __future__ import annotations

import click

from crm_api.sync.epochs import commands as epochs
from crm_api.sync.feeding import commands as feeding
from crm_api.sync.pushing import commands as pushing


@click.group("sync")
def sync() -> None:
    """Look after the feeds of phones, and what phones sent."""


for command in (*epochs.COMMANDS, *feeding.COMMANDS, *pushing.COMMANDS):
    sync.add_command(command)

COMMANDS = (sync,)
