import tempfile

import pytest

from tests.support import nearby
from tests.support.server import environment, flask


@pytest.mark.heavy
def test_the_real_server_is_ready_and_counts_requests(server):
    ready = nearby.get(f"{server.url}/readyz")
    metrics = nearby.get(f"{server.url}/metrics").text

    assert ready.json() == {"status": "ready", "database": "reachable", "migrations": "current"}
    assert 'crm_requests_total{method="GET",rule="/readyz",status="200"}' in metrics


@pytest.mark.heavy
def test_production_refuses_to_start_without_its_secrets(own_database_url):
    refused = flask(own_database_url, "routes", CRM_ENV="production", CRM_TOKEN_KEYS="")

    assert refused.returncode != 0
    assert "CRM_TOKEN_KEYS must be set" in refused.stderr


@pytest.mark.one_engine
def test_a_benchmark_s_server_keeps_its_files_on_the_disk(monkeypatch):
    monkeypatch.delenv("CRM_TEST_FOLDER")

    assert environment("sqlite://")["TMPDIR"] == tempfile.gettempdir()
