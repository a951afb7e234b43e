"""`flask db …` and what else concerns the house as a whole."""

from __future__ import annotations

import base64
import secrets

import click
from alembic import command

from crm_api.kit import clock, engine, idempotency
from crm_api.kit.db import db
from crm_api.kit.health import migrations_config
from crm_api.kit.transactions import transaction


@click.group("db")
def database() -> None:
    """Migrate, check and save the database."""


@database.command("upgrade")
def upgrade() -> None:
    """Bring the database to the newest migration. Safe to repeat."""
    command.upgrade(migrations_config(), "head")
    click.echo("The database is up to date.")


@database.command("prove-locks")
def prove_locks() -> None:
    """Show with two connections that locks hold on this engine."""
    engine.prove_locks_hold(db.engine)
    click.echo(f"Locks hold on {db.engine.dialect.name}.")


@database.command("purge-keys")
def purge_keys() -> None:
    """Forget idempotency keys older than 48 hours."""
    with transaction():
        gone = idempotency.purge_keys(now=clock.now())
    click.echo(f"Forgot {gone} idempotency keys.")


@click.command("keys")
def make_keys() -> None:
    """Print a fresh set of secrets, as lines for the environment."""
    for name, key_id in (
        ("CRM_TOKEN_KEYS", "t1"),
        ("CRM_DATA_KEYS", "d1"),
        ("CRM_INDEX_KEY", "index"),
    ):
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        click.echo(f"{name}={key_id}:{key}")


COMMANDS = (database, make_keys)
