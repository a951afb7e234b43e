"""Every route has its guard, and the guard costs little."""

import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import g
from sqlalchemy.exc import OperationalError

from crm_api.accounts import service
from crm_api.accounts.errors import ForbiddenScope
from crm_api.accounts.guards import current_actor, current_client, requires, requires_client
from crm_api.accounts.models import ClientKey, Role, Scope
from crm_api.kit.db import db
from crm_api.kit.idempotency import IdempotencyKey
from tests.factories.accounts import make_client, make_staff

PUBLIC = {
    "health.show_health",
    "health.show_readiness",
    "metrics.show_metrics",
    "api-docs.openapi_json",
    "docs.show_documents",
    "docs.static",
    "static",
}
PARAMETER = re.compile(r"<(\w+)[^>]*>")
EXAMPLES = {"int": "2026", "day": "2026-03-03", "any": "gold"}
FOR_ANYBODY = {
    *("/v1/sign-ins", "/v1/token-refreshes", "/v1/password-resets"),
    # A secret that works once, and a signature, say who asks.
    *("/v1/compat/smsgate/device", "/v1/compat/smsgate/devices/<record_id:device_id>/heard"),
    "/v1/calendars/<token>/visits.ics",  # which a calendar knows by its address alone
}


@contextmanager
def statements():
    seen = []

    def note(_connection, _cursor, statement, *_):
        seen.append(statement.split()[0])

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


def guard_of(app, rule):
    return getattr(app.view_functions[rule.endpoint], "guard", None)


def test_every_route_has_its_guard(app):
    unguarded = {r.endpoint for r in app.url_map.iter_rules() if not guard_of(app, r)}

    assert unguarded <= PUBLIC


def test_only_sign_in_is_for_anybody(app):
    public = {r.rule for r in app.url_map.iter_rules() if guard_of(app, r) == ("anyone",)}

    assert public == FOR_ANYBODY


def test_every_guarded_route_refuses_who_is_nobody(app, client):
    for rule in app.url_map.iter_rules():
        if guard_of(app, rule) in (None, ("anyone",)):
            continue
        path = PARAMETER.sub(lambda found: EXAMPLES.get(found[1], "x"), rule.rule)
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            assert client.open(path, method=method).status_code == 401, (method, rule.rule)


def test_the_api_document_names_each_routes_bearer(client):
    paths = client.get("/openapi.json").json["paths"]

    assert paths["/v1/me"]["get"]["security"] == [{"bearer": []}]
    assert "401" in paths["/v1/me"]["get"]["responses"]
    assert "403" in paths["/v1/me"]["get"]["responses"]
    assert paths["/v1/sign-ins"]["post"]["security"] == []


def test_the_guard_finds_the_actor_in_one_statement(app, sign_in):
    manager = make_staff(Role.MANAGER)
    token = sign_in(manager).token
    context = app.test_request_context(headers={"Authorization": f"Bearer {token}"})

    with statements() as seen, context:
        found = requires(Role.MANAGER)(current_actor)()
        db.session.rollback()
        assert g.actor_id == manager.id

    assert (found.id, found.team_path) == (manager.id, manager.team_path)
    assert [s for s in seen if s != "BEGIN"] == ["SELECT"]


def test_a_post_with_a_key_happens_once(as_admin, admin):
    body = {"login": "li.wei", "name": "Li Wei", "role": "manager", "team_id": admin.team_id}
    key = {"Idempotency-Key": "k1"}

    first = as_admin.post("/v1/staff", json=body, headers=key)
    second = as_admin.post("/v1/staff", json=body, headers=key)
    other = as_admin.post("/v1/staff", json=body | {"name": "Li"}, headers=key)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    assert second.headers["Idempotency-Replayed"] == "true"
    assert other.json["code"] == "idempotency_key_reused"


def test_no_secret_is_kept_for_a_repeat(as_admin, person):
    as_admin.post(f"/v1/staff/{person.id}/reset-codes", headers={"Idempotency-Key": "k1"})

    assert db.session.scalars(sa.select(IdempotencyKey)).all() == []
    db.session.rollback()


@pytest.fixture
def gateway(app):
    """A route for gateways that does nothing, put beside the app's own."""

    def call(key):
        view = requires_client(Scope.GATEWAY)(lambda: current_client().name)
        headers = {"Authorization": f"Bearer {key}"}
        with app.test_request_context(headers=headers) as context:
            answer = app.make_response(view())
            db.session.rollback()
            for after in context._after_request_functions:  # noqa: SLF001 - Flask runs them
                answer = after(answer)
        return answer

    return call


def test_a_machine_with_a_wrong_key_gets_a_bare_401(gateway):
    answer = gateway("made-up")

    assert (answer.status_code, answer.get_data()) == (401, b"")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "Content-Type" not in answer.headers


def test_a_machines_key_lets_it_in_and_notes_the_use(gateway):
    client, key = make_client(Scope.GATEWAY)

    assert gateway(key).get_data(as_text=True) == client.name

    assert db.session.get(ClientKey, client.key_id, populate_existing=True).last_used_at
    db.session.rollback()


def test_a_member_of_staff_is_no_machine(gateway, sign_in, admin):
    assert gateway(sign_in(admin).token).status_code == 401


def test_a_machine_is_no_member_of_staff(app, sign_in_client):
    assert sign_in_client(Scope.GATEWAY).get("/v1/me").status_code == 401


def test_a_key_of_another_scope_is_forbidden(gateway):
    _client, key = make_client(Scope.BILLING_FEED)

    with pytest.raises(ForbiddenScope):
        gateway(key)


def test_the_use_of_a_key_is_noted_once_a_minute(gateway, at):
    start = at(datetime(2026, 3, 2, 1, tzinfo=UTC))
    client, key = make_client(Scope.GATEWAY)

    def noted_after(seconds):
        at(start + timedelta(seconds=seconds))
        gateway(key)
        noted = db.session.get(ClientKey, client.key_id, populate_existing=True).last_used_at
        db.session.rollback()
        return (noted - start).total_seconds()

    assert [noted_after(s) for s in (0, 59, 61)] == [0, 0, 61]


def test_a_note_that_cannot_be_written_spoils_no_answer(gateway, monkeypatch):
    def fail(*_, **__):
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    monkeypatch.setattr(service, "note_key_use", fail)
    _client, key = make_client(Scope.GATEWAY)

    assert gateway(key).status_code == 200
