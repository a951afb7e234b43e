"""Every route of customers, asked by everybody whom it is not for."""

from __future__ import annotations

import pytest

from crm_api.accounts.models import Role
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer

ROUTES = [
    ("get", "", None),
    ("patch", "", {"name": "虚构"}),
    ("put", "/status", {"status": "closed", "reason": "moved"}),
    ("put", "/tier", {"tier": "gold", "reason": "asked"}),
    ("post", "/tier-assessments", {"monthly_fen": [9_000]}),
    ("put", "/owner", {"owner_id": "anybody", "reason": "leave"}),
    ("get", "/changes", None),
    ("post", "/reveals", {"field": "phone", "reason": "to call"}),
    ("get", "/phones", None),
    ("post", "/phones", {"number": "13912345678"}),
    ("put", "/primary-phone", {"phone_id": "p"}),
    ("delete", "/phones/p", None),
    ("get", "/extended-profile", None),
    ("patch", "/extended-profile", {"remarks": "x"}),
    ("get", "/anniversaries", None),
    ("post", "/anniversaries", {"kind": "wedding", "month": 5, "day": 1}),
    ("patch", "/anniversaries/a", {"day": 2}),
    ("delete", "/anniversaries/a", None),
    ("get", "/do-not-disturb-wishes", None),
    ("post", "/do-not-disturb-wishes", {"channels": ["sms"]}),
    ("put", "/do-not-disturb-wishes/w/lift", None),
    ("get", "/relations", None),
    ("post", "/relations", {"other_id": "other", "kind": "family"}),
    ("patch", "/relations/r", {"role": "x"}),
    ("delete", "/relations/r", None),
]
LEADERS_ONLY = ("/tier", "/tier-assessments", "/owner")


def ask(caller, method, path, body):
    kwargs = {} if body is None else {"json": body}
    if method == "patch":
        kwargs["headers"] = {"If-Match": '"1"'}
    return getattr(caller, method)(path, **kwargs)


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def customer(team):
    return make_customer(make_staff(team=team))


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_another_teams_manager_finds_nothing(sign_in, customer, method, path, body):
    manager = make_staff(Role.MANAGER)

    reply = ask(sign_in(manager), method, f"/v1/customers/{customer.id}{path}", body)

    assert (reply.status_code, reply.json["code"]) == (404, "not_found")
    assert customer.name not in reply.text


@pytest.fixture
def colleagues(team, customer):
    return customer, make_staff(team=team)


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_a_colleague_of_the_same_team_finds_nothing(sign_in, colleagues, method, path, body):
    customer, colleague = colleagues
    reply = ask(sign_in(colleague), method, f"/v1/customers/{customer.id}{path}", body)

    expected = 403 if path in LEADERS_ONLY else 404
    assert reply.status_code == expected


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_an_auditor_reads_and_changes_nothing(sign_in, customer, method, path, body):
    auditor = make_staff(Role.AUDITOR)

    reply = ask(sign_in(auditor), method, f"/v1/customers/{customer.id}{path}", body)

    assert reply.status_code == (200 if method == "get" else 403)


def test_who_sees_whom(sign_in):
    root = make_team()
    city, other_city = make_team(parent=root), make_team(parent=root)
    mine, colleague = make_staff(team=city), make_staff(team=city)
    own, theirs = make_customer(mine), make_customer(colleague)
    far = make_customer(make_staff(team=other_city))

    def seen_by(role, team):
        listed = sign_in(make_staff(role, team)).get("/v1/customers").json["items"]
        return {item["id"] for item in listed}

    assert {i["id"] for i in sign_in(mine).get("/v1/customers").json["items"]} == {own.id}
    assert seen_by(Role.MANAGER, city) == {own.id, theirs.id}
    assert seen_by(Role.MANAGER, root) == {own.id, theirs.id, far.id}
    assert seen_by(Role.MANAGER, other_city) == {far.id}
    assert seen_by(Role.ADMIN, city) == seen_by(Role.AUDITOR, other_city)
    assert seen_by(Role.ADMIN, city) >= {own.id, theirs.id, far.id}


def test_search_finds_nobody_elses_customer(sign_in):
    stranger = make_customer(name="虚构赵六", phone="+8613977776666", account_no="Z-9")
    caller = sign_in(make_staff())

    for text in ("赵六", "zhao", "xgz", "6666", "Z-9"):
        assert caller.get("/v1/customers", query_string={"q": text}).json["items"] == []
    assert caller.get(f"/v1/customers?owner_id={stranger.owner_id}").json["items"] == []


@pytest.mark.parametrize("path", ["phones/{}", "anniversaries/{}", "relations/{}"])
def test_a_sub_record_is_reached_through_its_own_customer_only(sign_in, path):
    owner = make_staff()
    mine, other = make_customer(owner), make_customer(owner, birth_on=None)
    caller = sign_in(owner)
    body = {"phones/{}": {"number": "13912340000"}}.get(
        path, {"kind": "wedding", "month": 5, "day": 1}
    )
    if path.startswith("relations"):
        body = {"kind": "family", "other_id": make_customer(owner).id}
    made = caller.post(f"/v1/customers/{mine.id}/{path.split('/')[0]}", json=body)

    reply = caller.delete(f"/v1/customers/{other.id}/{path.format(made.json['id'])}")

    assert made.status_code == 201
    assert reply.status_code == 404
