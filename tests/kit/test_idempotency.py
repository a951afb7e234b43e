"""A POST repeated with its key has one effect."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from marshmallow import fields

from crm_api.accounts.guards import requires
from crm_api.accounts.models import Role, Team
from crm_api.app import create_app
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.errors import DomainError, NotFound
from crm_api.kit.idempotency import IdempotencyKey, purge_keys
from crm_api.kit.routing import Blueprint
from crm_api.kit.schemas import Schema
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_token
from tests.support import databases
from tests.support.callers import Caller

blueprint = Blueprint("probe", __name__)


class ProbeSchema(Schema):
    """A team to make."""

    name = fields.String(required=True)


class NotYet(DomainError):
    """Refused, after having written; and something of it must be remembered."""

    code = "not_yet"


@blueprint.post("/probe/teams")
@requires(Role.ADMIN)
@blueprint.arguments(ProbeSchema)
@blueprint.response(201, ProbeSchema)
def make_probe_team(payload):
    """Make a team, then refuse if its name says so."""
    _add(payload["name"])
    if payload["name"] == "refused":
        raise NotYet("Not yet.", remember=lambda: _add("remembered"))
    if payload["name"] == "crash":
        raise RuntimeError("a fault of ours")
    if payload["name"] == "missing":
        raise NotFound("team")
    return payload


def _add(name):
    row = Team(name=name, path=f"/{name}/", created_at=clock.now())
    db.session.add(row)
    db.session.flush()


@pytest.fixture
def probe(app, database_url):
    """An app with one more route, on the same database."""
    actor = make_staff(Role.ADMIN)
    token = make_token(actor)
    other = create_app(databases.settings_for(database_url, log_level="CRITICAL"))
    other.register_blueprint(blueprint)
    yield lambda: Caller(other.test_client(), token)
    with other.app_context():
        db.engine.dispose()


def _names():
    with transaction(read_only=True):
        return set(db.session.scalars(sa.select(Team.name).where(~Team.name.like("Team %"))))


def _post(caller, name, key):
    headers = {"Idempotency-Key": key} if key else {}
    return caller.post("/probe/teams", json={"name": name}, headers=headers)


def test_a_repeat_gets_the_first_answer(probe):
    first = _post(probe(), "north", "k1")
    repeat = _post(probe(), "north", "k1")

    assert (first.status_code, repeat.status_code) == (201, 201)
    assert first.json == repeat.json
    assert repeat.headers["Idempotency-Replayed"] == "true"
    assert _names() == {"north"}


def test_another_body_under_the_same_key_is_refused(probe):
    _post(probe(), "north", "k1")

    reply = _post(probe(), "south", "k1")

    assert (reply.status_code, reply.json["code"]) == (422, "idempotency_key_reused")
    assert _names() == {"north"}


def test_a_refusal_stores_nothing_but_what_must_be_remembered(probe):
    reply = _post(probe(), "refused", "k1")

    assert (reply.status_code, reply.json["code"]) == (409, "not_yet")
    assert _names() == {"remembered"}


def test_a_refusal_is_judged_afresh(probe):
    assert _post(probe(), "missing", "k1").status_code == 404
    assert _post(probe(), "missing", "k1").status_code == 404
    assert _post(probe(), "north", "k1").status_code == 201


def test_a_crash_stores_nothing(probe):
    reply = _post(probe(), "crash", "k1")

    assert (reply.status_code, reply.json["code"]) == (500, "internal_error")
    assert "a fault of ours" not in reply.text
    assert _names() == set()


@pytest.mark.parametrize("key", [" " * 3 + "\u00e9", "x" * 201, "a\tb"])
def test_a_key_that_is_none_is_refused(probe, key):
    assert _post(probe(), "north", key).status_code == 422


def test_early_repeats_wait_for_the_first(probe):
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: _post(probe(), "north", "k1"), range(8)))

    assert {r.status_code for r in replies} == {201}
    assert _names() == {"north"}


def test_keys_are_forgotten_after_two_days(probe, app):
    _post(probe(), "north", "k1")

    with transaction():
        assert purge_keys(now=clock.now() + timedelta(hours=47)) == 0
        assert purge_keys(now=clock.now() + timedelta(hours=49)) == 1
    with transaction(read_only=True):
        assert db.session.scalars(sa.select(IdempotencyKey)).all() == []
