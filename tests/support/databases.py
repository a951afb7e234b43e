"""A migrated database for each test worker, cloned from a template and emptied after each test."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

import psycopg
import sqlalchemy as sa
from alembic import command

from crm_api.app import create_app
from crm_api.config import Environment, Settings
from crm_api.kit.db import db
from crm_api.kit.health import migrations_config

KEY = b"0123456789abcdef0123456789abcdef"


def settings_for(url: str, **changes: object) -> Settings:
    """Return settings for tests on this database."""
    return Settings(
        **{
            "environment": Environment.TEST,
            "database_url": url,
            "token_keys": {"t1": KEY},
            "data_keys": {"d1": KEY},
            "index_key": KEY,
            "requests_per_minute": 1_000_000,
            "sign_ins_per_minute": 1_000_000,
            "syncs_per_minute": 1_000_000,
            "log_level": "ERROR",
            "attachments": f"{folder_of_run()}/attachments-{worker_name()}",
            **changes,
        }
    )


def migrate(url: str) -> None:
    """Bring a database to the newest migration."""
    app = create_app(settings_for(url))
    with app.app_context():
        command.upgrade(migrations_config(), "head")
        db.engine.dispose()


def clone_postgres(dsn: str, name: str, *, template: str) -> None:
    """Make a database as a copy of another."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")


def copy(url: str, *, back: bool) -> None:
    """Keep a copy of a database that nobody has open, or put the copy back."""
    found = sa.make_url(url)
    name = str(found.database)
    pair = (f"{name}_copy", name) if back else (name, f"{name}_copy")
    if found.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(pair[0])) as kept, closing(sqlite3.connect(pair[1])) as copied:
            kept.backup(copied)
    else:
        dsn = f"host={found.query['host']} dbname=postgres user=crm"
        clone_postgres(dsn, pair[1], template=pair[0])


def empty_postgres(engine: sa.Engine) -> None:
    """Delete every row; triggers rest meanwhile, because append-only tables would refuse."""
    # Reference rows that a migration itself inserts do not exist: seeds bring them.
    with engine.begin() as connection:
        connection.exec_driver_sql(_emptying())


@cache
def _emptying() -> str:
    """Say it in one go: told table by table it takes eight times as long."""
    deletions = [f"DELETE FROM {table.name}" for table in db.metadata.tables.values()]
    role = "SET session_replication_role ="
    return "; ".join([f"{role} replica", *deletions, f"{role} DEFAULT"])


def empty_sqlite(engine: sa.Engine, template: Path) -> None:
    """Put the migrated template file in the place of the used one."""
    engine.dispose()
    path = Path(str(engine.url.database))
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    shutil.copyfile(template, path)


def folder_of_run() -> str:
    """Return where a test run keeps what it writes; a benchmark's is on the disk."""
    return os.environ.get("CRM_TEST_FOLDER", tempfile.gettempdir())


def worker_name() -> str:
    """Return a name for this worker's database."""
    return re.sub(r"\W", "", os.environ.get("PYTEST_XDIST_WORKER", "master"))
