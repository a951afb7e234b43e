"""The migrations make exactly the tables that the models describe, and can be taken back."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from crm_api.app import create_app
from crm_api.app.rooms import load_models
from crm_api.kit.db import Base, db
from crm_api.kit.health import migrations_config
from tests.support import databases

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def fresh_app(backend, tmp_path):
    if backend == "sqlite":
        url = f"sqlite:///{tmp_path}/fresh.db"
    else:
        name, host = f"crm_fresh_{databases.worker_name()}", os.environ["CRM_TEST_PG_HOST"]
        dsn = f"host={host} dbname=postgres user=crm"
        databases.clone_postgres(dsn, name, template="template0")
        url = f"postgresql+psycopg://crm@/{name}?host={host}"
    app = create_app(databases.settings_for(url))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def _tables():
    return set(sa.inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_up_down_and_up_again(fresh_app):
    command.upgrade(migrations_config(), "head")
    made = _tables()

    command.downgrade(migrations_config(), "base")
    assert _tables() == set()

    command.upgrade(migrations_config(), "head")
    assert _tables() == made == set(Base.metadata.tables)


@pytest.mark.one_engine
def test_a_process_that_never_migrated_can_read_them(backend):
    """Readiness asks for the newest one: none may call alembic while it is loaded."""
    asked = "from crm_api.kit.health import newest_migration as newest; print(newest())"

    done = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=False, cwd=ROOT
    )

    assert done.returncode == 0, done.stderr[-2000:]


def test_migrations_equal_the_models(fresh_app):
    load_models()
    command.upgrade(migrations_config(), "head")

    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)

    assert differences == []


def test_every_table_is_strict_on_sqlite(fresh_app, backend):
    if backend != "sqlite":
        return
    command.upgrade(migrations_config(), "head")

    with db.engine.connect() as connection:
        made = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type='table'")
        loose = [name for name, sql in made if "STRICT" not in sql.rsplit(")", 1)[-1]]

    assert [name for name in loose if not name.startswith("sqlite_")] == []
