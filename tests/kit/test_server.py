import httpx
import pytest

from tests.support.server import flask


@pytest.mark.heavy
def test_the_real_server_is_ready_and_counts_requests(server):
    ready = httpx.get(f"{server.url}/readyz")
    metrics = httpx.get(f"{server.url}/metrics").text

    assert ready.json() == {"status": "ready", "database": "reachable", "migrations": "current"}
    assert 'crm_requests_total{method="GET",rule="/readyz",status="200"}' in metrics


@pytest.mark.heavy
def test_production_refuses_to_start_without_its_secrets(own_database_url):
    refused = flask(own_database_url, "routes", CRM_ENV="production", CRM_TOKEN_KEYS="")

    assert refused.returncode != 0
    assert "CRM_TOKEN_KEYS must be set" in refused.stderr
