"""`flask sync …`."""

from __future__ import annotations

import click

from crm_api.sync.pushing import commands as pushing


@click.group("sync")
def sync() -> None:
    """Look after the feeds of phones, and what phones sent."""


for command in pushing.COMMANDS:
    sync.add_command(command)

COMMANDS = (sync,)
