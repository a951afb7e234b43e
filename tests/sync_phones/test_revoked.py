"""A phone that was turned away is told so, whatever it asks: signed out, it keeps its data."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import DeviceSession, Role
from crm_api.kit.db import db
from tests.accounts.calls import refresh_by, sign_in_by
from tests.factories.accounts import give_password, make_staff, make_team
from tests.factories.customers import make_customer
from tests.support.callers import Caller
from tests.support.phones import Phone

REVOKED = (403, "device_revoked")


@pytest.fixture
def team(app, at, moment):
    at(moment)
    return make_team()


@pytest.fixture
def owner(team):
    return make_staff(team=team)


@pytest.fixture
def revoke(sign_in, team, owner):
    manager = sign_in(make_staff(Role.MANAGER, team))

    def revoke(device_id):
        path = f"/v1/sync/phones/{owner.id}/{device_id}/revocation"
        assert manager.put(path, json={"reason": "Left in a taxi"}).status_code == 200

    return revoke


def said(reply):
    return reply.status_code, reply.json["code"]


def test_it_is_told_amid_a_pull_of_many_pages_and_others_go_on(owner, sign_in, revoke):
    for _ in range(5):
        make_customer(owner)
    lost, kept = Phone(sign_in(owner), "lost"), Phone(sign_in(owner), "kept")
    assert lost.page(limit=2)["has_more"]
    kept.page(limit=2)

    revoke("lost")

    headers = lost.headers
    push = lost.caller.post("/v1/sync/push", data=b"{}", headers=headers)
    poll = lost.caller.get("/v1/sync/poll", headers=headers)
    asked = (lost.ask(limit=2), lost.ask(last_pulled_at=0), push, poll)
    assert [said(reply) for reply in asked] == [REVOKED] * 4
    assert kept.page(limit=2)["has_more"]


def test_it_is_told_where_it_asks_for_a_new_token(app, owner, revoke, client):
    login = give_password(owner)
    tokens = sign_in_by(client, login, device_id="lost").json
    other = sign_in_by(client, login, device_id="kept").json
    Phone(Caller(client, tokens["access_token"]), "lost").pull()

    revoke("lost")

    assert said(refresh_by(client, tokens["refresh_token"], "lost")) == REVOKED
    assert refresh_by(client, other["refresh_token"], "kept").status_code == 201


def test_it_is_told_however_late_it_calls(app, at, moment, *, owner, revoke, client):
    login = give_password(owner)
    tokens = sign_in_by(client, login, device_id="lost").json
    other = sign_in_by(client, login, device_id="kept").json
    Phone(Caller(client, tokens["access_token"]), "lost").pull()
    revoke("lost")

    at(moment + timedelta(days=500))
    app.test_cli_runner().invoke(args=["accounts", "purge"], catch_exceptions=False)

    theirs = sa.select(DeviceSession.device_id).where(DeviceSession.staff_id == owner.id)
    kept = db.session.scalars(theirs).all()
    assert kept == ["lost"]
    db.session.rollback()
    assert said(refresh_by(client, tokens["refresh_token"], "lost")) == REVOKED
    assert refresh_by(client, other["refresh_token"], "kept").status_code == 401


def test_so_it_is_where_its_sign_in_had_ended_before(owner, sign_in, revoke):
    phone, caller = Phone(sign_in(owner), "lost"), sign_in(owner)
    phone.pull()
    assert caller.delete("/v1/sessions").status_code == 204
    assert said(phone.ask()) == (401, "unauthenticated")

    revoke("lost")

    assert said(phone.ask()) == REVOKED
