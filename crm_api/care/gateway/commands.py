"""`flask care-gateway …`: what any scheduler may run, twice or side by side."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from crm_api.care.gateway import service
from crm_api.kit import clock
from crm_api.kit.progress import progress_bar
from crm_api.kit.transactions import transaction

gateway = AppGroup("care-gateway", help="Tidy up after gateways.")
COMMANDS = (gateway,)


@gateway.command("sweep")
def sweep() -> None:
    """Settle what gateways left lying: leases, doubts, lapsed messages, early reports."""
    done = []
    with progress_bar(total=None, unit="messages") as bar:
        for name, step in service.SWEEPS.items():
            count = 0
            while found := _run(step):
                count += found
                bar.update(found)
            done.append(f"{count} {name}")
    click.echo(f"care-gateway sweep: {', '.join(done)}")


def _run(step: service.Sweep) -> int:
    with transaction():
        return step(now=clock.now())
