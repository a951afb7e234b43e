"""Each answered request leaves one line, which says what was asked and never of whom."""

from __future__ import annotations

import orjson
import pytest
import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql

from crm_api.kit import logs, problems
from crm_api.kit.db import db
from crm_api.kit.straight import StraightRead

ASKED = "王秀兰 {"


@pytest.fixture
def written(app, capsys, monkeypatch):
    """Give what begins to log from a level on, and what then reads the lines."""
    before = structlog.get_config()
    monkeypatch.setattr(logs, "_request_lines", None)

    def begin(level="INFO"):
        logs.configure_logs(level)  # within the test: before it, standard error is another
        structlog.configure(cache_logger_on_first_use=False)  # it is closed when the test ends
        return lambda: [orjson.loads(line) for line in capsys.readouterr().err.splitlines()]

    yield begin
    structlog.configure(**before)


def test_a_request_leaves_one_line(client, written):
    lines = written()

    client.get("/healthz?phone=13800138000", headers={"X-Request-Id": "asked-1"})

    [line] = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line.pop("ms") >= 0
    assert line == {
        "event": "request",
        "level": "info",
        "request_id": "asked-1",
        "method": "GET",
        "rule": "/healthz",
        "status": 200,
        "actor_id": None,
    }


def test_what_is_logged_amid_a_request_bears_its_id_and_no_number(
    client, written, app, monkeypatch
):
    def tell():
        structlog.get_logger().warning("odd", said="call 13800138000")
        return ""

    monkeypatch.setitem(app.view_functions, "health.show_health", tell)
    lines = written()

    client.get("/healthz", headers={"X-Request-Id": "asked-2"})
    client.get("/nowhere/13800138000")

    odd, _, lost = lines()
    assert (odd["request_id"], odd["said"]) == ("asked-2", "call [number]")
    assert (lost["rule"], lost["status"]) == ("none", 404)


@pytest.mark.parametrize("road", ["sqlalchemy", "straight"])
def test_what_the_database_refuses_is_logged_without_what_it_was_asked(
    client, written, backend, monkeypatch, road
):
    text = sa.bindparam("said", ASKED, type_=sa.Text())
    kind = postgresql.JSONB() if backend == "postgres" else None
    broken = sa.select(sa.cast(text, kind) if kind else sa.func.json(text))

    def break_down():
        if road == "straight":
            StraightRead(broken).rows(said=ASKED)
        db.session.execute(broken)

    monkeypatch.setitem(client.application.view_functions, "health.show_health", break_down)
    monkeypatch.setattr(problems, "log", structlog.get_logger())  # its own may write elsewhere
    lines = written()

    assert client.get("/healthz").status_code == 500

    [crash, _] = lines()
    assert "SELECT" in crash["exception"]
    assert "json" in crash["exception"]
    assert "王秀兰" not in str(crash)


def test_a_verb_of_the_caller_s_own_making_is_not_repeated(client, written):
    lines = written()

    client.open("/healthz", method="P13800138000")

    [line] = lines()
    assert (line["method"], line["status"]) == ("other", 405)
    assert "P13800138000" not in client.get("/metrics").text


def test_a_higher_level_leaves_requests_out(client, written):
    lines = written("WARNING")

    client.get("/healthz")

    assert lines() == []
