"""`flask customers hand-over`."""

from __future__ import annotations

import click

from crm_api.customers.handovers import queries, service
from crm_api.kit import clock
from crm_api.kit.progress import progress_bar
from crm_api.kit.transactions import transaction


@click.command("hand-over")
def hand_over() -> None:
    """Let the handovers that are due take effect. Safe to repeat, and side by side."""
    customers = 0
    with transaction(read_only=True):
        due = queries.find_due_ids(clock.now())
    with progress_bar(total=None, unit="customers") as bar:
        for handover_id in due:
            while (done := _work_on(handover_id)) is not None:
                customers += done
                bar.update(done)
    click.echo(f"{len(due)} handovers, {customers} customers.")


def _work_on(handover_id: str) -> int | None:
    with transaction():
        return service.work_on(handover_id, now=clock.now())


COMMANDS = (hand_over,)
