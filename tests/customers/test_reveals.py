"""A number is shown for a reason and for a while, and whoever leads sees who had it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crm_api.accounts.models import Role
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer

NOW = datetime(2026, 3, 3, 2, tzinfo=UTC)
WANTED = {"field": "phone", "reason": "to call back"}


@pytest.fixture
def team(app, at):
    at(NOW)
    return make_team()


@pytest.fixture
def owner(team):
    return make_staff(team=team)


def test_it_is_read_again_while_its_time_runs(sign_in, owner, at):
    customer = make_customer(owner)
    caller, path = sign_in(owner), f"/v1/customers/{customer.id}/reveals"
    shown = caller.post(path, json=WANTED).json
    assert shown["expires_at"] == "2026-03-03T02:10:00Z"

    at(NOW + timedelta(minutes=9, seconds=59))
    again = caller.get(f"{path}/{shown['id']}")
    asked_again = caller.post(path, json={**WANTED, "reason": "the reply was lost"})
    at(NOW + timedelta(minutes=10))
    late = caller.get(f"{path}/{shown['id']}")
    anew = caller.post(path, json=WANTED).json

    assert again.json == asked_again.json == shown
    assert (late.status_code, late.json["code"]) == (410, "reveal_expired")
    assert anew["id"] != shown["id"]


def test_it_is_nobody_elses(sign_in, owner, team):
    customer = make_customer(owner)
    path = f"/v1/customers/{customer.id}/reveals"
    shown = sign_in(owner).post(path, json=WANTED).json

    reply = sign_in(make_staff(Role.MANAGER, team)).get(f"{path}/{shown['id']}")

    assert reply.status_code == 404


def test_leaders_see_who_had_what_shown_and_never_the_number(sign_in, owner, team):
    customer = make_customer(owner)
    shown = sign_in(owner).post(f"/v1/customers/{customer.id}/reveals", json=WANTED).json
    stranger = sign_in(make_staff(Role.MANAGER, make_team()))

    reply = sign_in(make_staff(Role.MANAGER, team)).get(f"/v1/reveals?by_id={owner.id}")

    [item] = reply.json["items"]
    assert (item["id"], item["reason"], item["field"]) == (shown["id"], "to call back", "phone")
    assert customer.phone not in reply.text
    assert stranger.get("/v1/reveals").json["items"] == []
    assert sign_in(owner).get("/v1/reveals").status_code == 403


def test_a_persons_name_is_masked_for_whoever_merely_oversees(sign_in, owner, team):
    person = make_customer(owner, name="欧阳小雨")
    group = make_customer(owner, name="演示茶业", kind="group")
    manager = sign_in(make_staff(Role.MANAGER, team))

    def names(caller):
        return [item["name"] for item in caller.get("/v1/customers").json["items"]]

    assert names(sign_in(owner)) == ["欧阳小雨", "演示茶业"]
    assert names(manager) == ["欧**", "演示茶业"]
    assert manager.get(f"/v1/customers/{person.id}").json["name"] == "欧阳小雨"
    assert manager.get(f"/v1/customers/{group.id}").json["name"] == "演示茶业"


def test_a_relatives_name_is_masked_likewise(sign_in, owner, team):
    customer, relative = make_customer(owner), make_customer(owner, name="欧阳小雨")
    path = f"/v1/customers/{customer.id}/relations"
    sign_in(owner).post(path, json={"kind": "family", "other_id": relative.id})
    manager = sign_in(make_staff(Role.MANAGER, team))

    shown = [c.get(path).json["items"][0]["linked_name"] for c in (sign_in(owner), manager)]

    assert shown == ["欧阳小雨", "欧**"]
