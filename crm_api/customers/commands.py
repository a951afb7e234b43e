"""`flask customers …`."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from crm_api.customers import service
from crm_api.customers.bulk import commands as bulk
from crm_api.customers.duplicates import commands as duplicates
from crm_api.customers.handovers import commands as handovers
from crm_api.customers.imports import commands as imports
from crm_api.kit.progress import progress_bar
from crm_api.kit.transactions import transaction

CHUNK = 500

customers = AppGroup("customers", help="Look after the customers.")


@customers.command("encrypt-anew")
def encrypt_anew() -> None:
    """Encrypt every document with the first of CRM_DATA_KEYS, so that older keys may go."""
    after_id: str | None = ""
    with progress_bar(total=None, unit="chunks") as bar:
        while after_id is not None:
            with transaction():
                after_id = service.encrypt_anew(after_id=after_id, limit=CHUNK)
            bar.update()
    click.echo("Every document is encrypted with the key in use.")


for command in (*imports.COMMANDS, *duplicates.COMMANDS, *handovers.COMMANDS, *bulk.COMMANDS):
    customers.add_command(command)

COMMANDS = (customers,)
