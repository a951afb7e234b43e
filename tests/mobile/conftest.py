"""The district that the phones of all tests here are in."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.mobile.district import District
from tests.mobile.phones import install
from tests.support import databases


def pytest_collection_modifyitems(items):
    """Say so clearly where there is no Node. In CI there is."""
    if shutil.which("node") and shutil.which("npm"):
        return
    skip = pytest.mark.skip(reason="node and npm are missing: apt install nodejs npm")
    for item in items:
        if "/mobile/" in item.nodeid and item.get_closest_marker("heavy"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def _installed():
    install()


def _database(backend: str, name: str, folder: Path) -> str:
    if backend == "sqlite":
        copy = folder / f"{name}.db"
        shutil.copyfile(Path(os.environ["CRM_TEST_FOLDER"]) / "template.db", copy)
        return f"sqlite:///{copy}"
    name, host = f"crm_{name}_{databases.worker_name()}", os.environ["CRM_TEST_PG_HOST"]
    databases.clone_postgres(f"host={host} dbname=postgres user=crm", name, template="crm_template")
    return f"postgresql+psycopg://crm@/{name}?host={host}"


@pytest.fixture(scope="session")
def _district(backend, tmp_path_factory, _installed):
    folder = tmp_path_factory.mktemp("district")
    running = District(_database(backend, "district", folder), folder)
    yield running
    running.close()


@pytest.fixture
def district(_district):
    """One for all: each test brings its own people, and leaves every feed true."""
    yield _district
    _district.assert_feeds_true()


@pytest.fixture
def own_district(backend, tmp_path, _installed):
    """One for a test that stops the server, or puts its database back."""
    running = District(_database(backend, "own_district", tmp_path), tmp_path)
    yield running
    running.assert_feeds_true()
    running.close()


@pytest.fixture
def newer_district(backend, tmp_path, _installed):
    """One whose server has more for phones than today's."""
    url = _database(backend, "newer_district", tmp_path)
    running = District(url, tmp_path, app="tests.mobile.newer_server:app")
    yield running
    running.close()
