"""`flask accounts …`: let the first ones in."""

from __future__ import annotations

import secrets
from datetime import timedelta

import click
from flask.cli import AppGroup

from crm_api.accounts import service
from crm_api.accounts.models import Scope
from crm_api.kit import clock
from crm_api.kit.errors import DomainError
from crm_api.kit.transactions import transaction

accounts = AppGroup("accounts", help="Let people and machines in.")


@accounts.command("create-admin")
@click.option("--login", required=True)
@click.option("--name", required=True)
@click.option("--team", "team_name", default="Head office", show_default=True)
@click.option("--generate", is_flag=True, help="Make up a password and print it, once.")
def create_admin(login: str, name: str, team_name: str, *, generate: bool) -> None:
    """Create an administrator. There is never a default password."""
    password = secrets.token_urlsafe(15) if generate else _ask()
    try:
        with transaction():
            service.create_first_admin(
                login=login, name=name, password=password, team_name=team_name, now=clock.now()
            )
    except DomainError as refusal:
        raise click.ClickException(refusal.detail) from None
    click.echo(f"Created the administrator {login}." + (f" {password}" if generate else ""))


def _ask() -> str:
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


@accounts.command("create-client")
@click.option("--name", required=True)
@click.option(
    "--scope", "scopes", multiple=True, required=True, type=click.Choice([s.value for s in Scope])
)
def create_client(name: str, scopes: tuple[str, ...]) -> None:
    """Register a machine client and print its key, once."""
    now = clock.now()
    try:
        with transaction():
            client = service.create_client(id=None, name=name, scopes=scopes, by_id=None, now=now)
            issued = service.issue_key(client.id, overlap=timedelta(), by_id=None, now=now)
    except DomainError as refusal:
        raise click.ClickException(refusal.detail) from None
    click.echo(f"Created the machine client {name} ({client.id}). {issued.key}")


@accounts.command("purge")
def purge() -> None:
    """Forget sessions that ended 90 days ago, and faded sign-in failures."""
    with transaction():
        gone = service.purge(now=clock.now())
    click.echo(f"Forgot {gone} sessions and failures.")


COMMANDS = (accounts,)
