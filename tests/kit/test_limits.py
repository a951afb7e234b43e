"""A client that asks too often is told when to come back."""

from __future__ import annotations

import pytest

from crm_api.app import create_app
from crm_api.kit import limits
from crm_api.kit.db import db
from tests.support import databases


@pytest.fixture
def strict_client(app, database_url, monkeypatch):
    monkeypatch.setattr(limits, "_minute", limits._Minute())  # noqa: SLF001 - a minute of its own
    settings = databases.settings_for(database_url, requests_per_minute=3)
    strict = create_app(settings)
    yield strict.test_client()
    with strict.app_context():
        db.engine.dispose()  # closed any later, it would take the next test's files along


def test_it_is_refused_with_a_time_to_come_back(strict_client, monkeypatch):
    monkeypatch.setattr(limits.time, "time", lambda: 1_000_000_015.0)
    replies = [strict_client.get("/healthz") for _ in range(4)]

    assert [r.status_code for r in replies] == [200, 200, 200, 429]
    assert replies[3].json["code"] == "too_many_requests"
    assert replies[3].headers["Retry-After"] == "5"

    monkeypatch.setattr(limits.time, "time", lambda: 1_000_000_020.0)
    assert strict_client.get("/healthz").status_code == 200


def test_a_key_in_the_path_is_a_client_of_its_own(strict_client):
    for _ in range(4):
        strict_client.get("/v1/compat/kannel/one/next")

    assert strict_client.get("/v1/compat/kannel/one/next").status_code == 429
    assert strict_client.get("/v1/compat/kannel/two/next").status_code == 401


def test_others_are_not_held_up(strict_client):
    for _ in range(4):
        strict_client.get("/healthz", headers={"Authorization": "Bearer one"})

    assert strict_client.get("/healthz", headers={"Authorization": "Bearer two"}).status_code == 200
