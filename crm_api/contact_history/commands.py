"""`flask contacts …`."""

from __future__ import annotations

import click

from crm_api.contact_history import queries, service
from crm_api.kit.progress import progress_bar
from crm_api.kit.transactions import transaction


@click.group("contacts")
def contacts() -> None:
    """Look after the contact history."""


@contacts.command("verify")
@click.option("--customer", "customer_id", help="Check this customer's chain only.")
def verify(customer_id: str | None) -> None:
    """Prove that no entry was changed or removed; exit 1 where a chain breaks."""
    checked = entries = 0
    broken = []
    with transaction(read_only=True):
        total = 1 if customer_id else queries.count_owners()
        with progress_bar(total=total, unit="customers") as bar:
            for chain in service.verify_chains(customer_id=customer_id):
                checked, entries = checked + 1, entries + chain.length
                broken += [chain] if chain.reason else []
                bar.update()
    if customer_id and not checked:
        raise click.ClickException(f"There is no customer {customer_id}.")
    for chain in broken:
        place = f"entry {chain.broken_at} ({chain.entry_id or 'none'})"
        click.echo(f"Customer {chain.customer_id}, {place}: {chain.reason}.", err=True)
    click.echo(f"Verified {entries} entries of {checked} customers; {len(broken)} chains broken.")
    if broken:
        raise SystemExit(1)


COMMANDS = (contacts,)
