"""Of each field of a profile we know who told it, when, and how."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest

from crm_api.accounts.models import Role
from crm_api.kit.db import db
from tests.customers.imports import MAPPING, csv_bytes, customers, row
from tests.factories.accounts import make_staff, make_team
from tests.factories.visits import a_record, made, planned, step

NOW = datetime(2026, 3, 3, 2, tzinfo=UTC)


@pytest.fixture
def owner(app, at):
    at(NOW)
    return make_staff()


@pytest.fixture
def caller(sign_in, owner):
    return sign_in(owner)


def sources(caller, customer_id):
    reply = caller.get(f"/v1/customers/{customer_id}/field-sources")
    assert reply.status_code == 200, reply.text
    return {item.pop("field"): item for item in reply.json["items"]}


def test_each_field_names_who_told_it_when_and_how(caller, owner, at):
    new = {"name": "虚构一号", "phones": [{"number": "13912345678"}], "learned_by": "counter"}
    customer = caller.post("/v1/customers", json=new).json
    path = f"/v1/customers/{customer['id']}"
    at(NOW + timedelta(hours=1))
    by_call = {"birth_on": "1980-05-20", "learned_by": "call"}
    caller.patch(path, json=by_call, headers={"If-Match": '"1"'})
    noted = caller.patch(
        f"{path}/extended-profile", json={"employer": "演示茶业"}, headers={"If-Match": '"0"'}
    )
    assert noted.status_code == 200, noted.text

    told = sources(caller, customer["id"])

    assert set(told) == {"name", "phones", "birth_on", "employer"}
    assert told["name"] == {
        "origin": "counter",
        "record_id": None,
        "by_id": owner.id,
        "learned_at": "2026-03-03T02:00:00Z",
    }
    assert (told["birth_on"]["origin"], told["birth_on"]["learned_at"]) == (
        "call",
        "2026-03-03T03:00:00Z",
    )
    assert told["employer"]["origin"] == "entry"


def test_phones_and_days_have_a_source_too(caller, owner):
    customer = caller.post("/v1/customers", json={"name": "虚构一号"}).json
    path = f"/v1/customers/{customer['id']}"
    caller.post(f"{path}/phones", json={"number": "13912345678"})
    day = caller.post(f"{path}/anniversaries", json={"kind": "wedding", "month": 5, "day": 20})
    assert day.status_code == 201, day.text

    assert set(sources(caller, customer["id"])) == {"name", "phones", "anniversary:wedding"}


@pytest.mark.parametrize("way", ["visit", "import", "merge", "guess"])
def test_what_follows_from_a_record_is_not_to_be_claimed(caller, way):
    reply = caller.post("/v1/customers", json={"name": "虚构一号", "learned_by": way})

    assert (reply.status_code, reply.json["errors"][0]["pointer"]) == (422, "/learned_by")


def test_an_import_and_a_visit_are_named(app, sign_in, at):
    team = make_team()
    owner = make_staff(team=team, login="owner1")
    boss = sign_in(make_staff(Role.MANAGER, team))
    caller = sign_in(owner)
    first, second = (bring(app, boss, row(1, plan=plan)) for plan in ("一套餐", "另一套餐"))
    at(NOW)
    [customer] = customers()
    visit = made(caller, planned(caller, customer, starts_at=NOW + timedelta(hours=1)))
    step(caller, visit, "record", **a_record(visit, amendments={"employer": "演示茶业"}))

    told = sources(caller, customer.id)

    assert (told["name"]["origin"], told["name"]["record_id"]) == ("import", first)
    assert told["plan_name"]["record_id"] == second
    assert (told["employer"]["origin"], told["employer"]["record_id"]) == ("visit", visit["id"])


def bring(app, boss, one):
    form = {"file": (BytesIO(csv_bytes([one])), "x.csv"), "mapping": json.dumps(MAPPING)}
    sent = boss.post("/v1/customer-imports", data=form, content_type="multipart/form-data")
    assert sent.status_code == 202, sent.text
    done = app.test_cli_runner().invoke(args=["customers", "work-imports"])
    assert done.exit_code == 0, done.output
    db.session.rollback()
    db.session.expire_all()
    return sent.json["id"]
