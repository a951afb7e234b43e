"""`flask db …`: what concerns the database as a whole."""

from __future__ import annotations

from pathlib import Path

import click
from alembic import command

from crm_api.kit import backups, clock, engine, idempotency
from crm_api.kit.db import db
from crm_api.kit.health import migrations_config
from crm_api.kit.transactions import transaction

FILE = click.Path(dir_okay=False, path_type=Path)


@click.group("db")
def database() -> None:
    """Migrate, check, save and restore the database."""


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


@database.command("backup")
@click.argument("target", type=FILE)
def backup(target: Path) -> None:
    """Save the whole database to the new file TARGET, while serving goes on.

    PostgreSQL needs its own pg_dump, on PATH or in CRM_PG_BIN, at least as new as the server.
    """
    backups.save(db.engine, target)
    click.echo(f"Saved {target} ({target.stat().st_size:,} bytes).")


@database.command("restore")
@click.argument("source", type=FILE)
@click.option("--yes", is_flag=True, help="Do not ask before replacing what is there.")
def restore(source: Path, *, yes: bool) -> None:
    """Replace the database by the backup SOURCE, all or nothing. Stop the servers first."""
    if not yes:
        click.confirm("This replaces everything in the database. Go on?", abort=True)
    backups.restore(db.engine, source)
    command.upgrade(migrations_config(), "head")
    click.echo(f"Restored {source}. Before the servers start: flask sync new-epoch.")


@database.command("purge-keys")
def purge_keys() -> None:
    """Forget idempotency keys older than 48 hours. Run it daily."""
    with transaction():
        gone = idempotency.purge_keys(now=clock.now())
    click.echo(f"Forgot {gone} idempotency keys.")


COMMANDS = (database,)
