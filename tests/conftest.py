"""Every test of behaviour runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import coverage
import psycopg
import pytest

from crm_api.app import create_app
from crm_api.kit import clock as kit_clock
from crm_api.kit.db import db
from tests.factories.accounts import make_client, make_token
from tests.support import databases
from tests.support.callers import Caller
from tests.support.folders import make_folder
from tests.support.postgres import PostgresServer
from tests.support.server import Server
from tests.support.statements import counting

BACKENDS = ("sqlite", "postgres")


def pytest_addoption(parser):
    parser.addoption("--db", default="both", choices=[*BACKENDS, "both"], help="engine to test on")


def pytest_configure(config):
    """Start one server for the whole run; the workers of xdist get its address."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    config.crm_folder = make_folder()
    if config.option.db in ("sqlite", "both"):
        databases.migrate(f"sqlite:///{config.crm_folder}/template.db")
    config.crm_postgres = None
    if config.option.db in ("postgres", "both"):
        config.crm_postgres = PostgresServer(config.crm_folder).start()
        with psycopg.connect(config.crm_postgres.dsn("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE crm_template")
        databases.migrate(config.crm_postgres.url("crm_template"))
    if config.crm_postgres:
        os.environ["CRM_TEST_PG_HOST"] = str(config.crm_postgres.socket)


def pytest_unconfigure(config):
    if server := getattr(config, "crm_postgres", None):
        server.stop()
    if folder := getattr(config, "crm_folder", None):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Begin with the longest: begun last, one of them would keep the others waiting."""
    items.sort(key=minutes, reverse=True)


def minutes(item):
    marker = item.get_closest_marker("heavy")
    return marker.kwargs.get("minutes", 0) if marker else 0


def pytest_generate_tests(metafunc):
    if "backend" in metafunc.fixturenames:
        chosen = metafunc.config.option.db
        if chosen == "both" and metafunc.definition.get_closest_marker("one_engine"):
            chosen = "sqlite"
        engines = BACKENDS if chosen == "both" else (chosen,)
        metafunc.parametrize("backend", engines, scope="session")


@pytest.fixture(scope="session")
def database_url(backend):
    """The worker's own migrated, empty database."""
    name = f"crm_{databases.worker_name()}"
    if backend == "sqlite":
        return f"sqlite:///{os.environ['CRM_TEST_FOLDER']}/{name}.db"
    host = os.environ["CRM_TEST_PG_HOST"]
    databases.clone_postgres(f"host={host} dbname=postgres user=crm", name, template="crm_template")
    return f"postgresql+psycopg://crm@/{name}?host={host}"


@pytest.fixture(scope="session")
def _measured(backend):
    """Coverage is measured on SQLite alone: traced, tests take nearly twice as long."""
    measuring = coverage.Coverage.current() if backend == "postgres" else None
    if measuring:
        measuring.stop()
        measuring.get_data()  # puts by what it has: begun again, it counts from nothing
    yield
    if measuring:
        measuring.start()


@pytest.fixture(scope="session")
def _app(backend, database_url, _measured):
    app = create_app(databases.settings_for(database_url))
    with app.app_context():
        if backend == "sqlite":
            databases.empty_sqlite(db.engine, _template())
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(_app, backend, database_url):
    """The application inside its context, on an empty database."""
    from crm_api import config

    config.configure(databases.settings_for(database_url))
    with _app.app_context():
        yield _app
        db.session.remove()
        if backend == "sqlite":
            databases.empty_sqlite(db.engine, _template())
        else:
            databases.empty_postgres(db.engine)


def _template():
    return Path(os.environ["CRM_TEST_FOLDER"]) / "template.db"


@pytest.fixture
def client(app):
    """A client that is nobody yet."""
    return app.test_client()


@pytest.fixture
def at(monkeypatch):
    """Set the time for edge and governor alike: `at(datetime(2026, 3, 2, 9, tzinfo=UTC))`."""

    def set_time(moment: datetime) -> datetime:
        moment = moment.astimezone(UTC)
        monkeypatch.setattr(kit_clock, "now", lambda: moment)
        monkeypatch.setattr(kit_clock, "after_lock", lambda _session, **_: moment)
        return moment

    return set_time


@pytest.fixture
def moment():
    """An ordinary working moment: a Tuesday, 10:00 in Shanghai."""
    return datetime(2026, 3, 3, 2, tzinfo=UTC)


@pytest.fixture
def own_database_url(backend, tmp_path):
    """A migrated, empty database for one test that starts processes of its own."""
    if backend == "sqlite":
        copy = tmp_path / "own.db"
        shutil.copyfile(_template(), copy)
        return f"sqlite:///{copy}"
    name, host = f"crm_own_{databases.worker_name()}", os.environ["CRM_TEST_PG_HOST"]
    databases.clone_postgres(f"host={host} dbname=postgres user=crm", name, template="crm_template")
    return f"postgresql+psycopg://crm@/{name}?host={host}"


@pytest.fixture
def server(own_database_url):
    """The real server, two processes, on a database of its own."""
    running = Server(own_database_url).start()
    yield running
    running.stop()


@pytest.fixture
def sign_in(app):
    """Sign somebody in: `sign_in(actor).get("/v1/…")`. The token outlives any test's clock."""

    def sign_in(actor, **session):
        return Caller(app.test_client(), make_token(actor, **session))

    return sign_in


@pytest.fixture
def sign_in_client(app):
    """Let a machine call: `sign_in_client(Scope.GATEWAY).post("/v1/gateway/…")`."""

    def sign_in_client(*scopes):
        _client, key = make_client(*scopes)
        return Caller(app.test_client(), key)

    return sign_in_client


@pytest.fixture
def count_statements(app):
    """Count statements: `with count_statements() as statements: …; statements.count`."""
    return counting
