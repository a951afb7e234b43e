"""A merge is taken back where people went on working since."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.customers.models import Customer, Phone
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer
from tests.merging.factories import merged_into, preview, undo


@pytest.fixture
def team(app, at, moment):
    at(moment)
    keep_default_policies(moment - timedelta(days=30))
    return make_team()


@pytest.fixture
def owner(team):
    return make_staff(team=team)


@pytest.fixture
def caller(sign_in, owner):
    return sign_in(owner)


@pytest.fixture
def manager(sign_in, team):
    return sign_in(make_staff(Role.MANAGER, team))


def ok(reply):
    assert reply.status_code in (200, 201, 204), reply.text
    return reply.json if reply.data else None


def path(customer):
    return f"/v1/customers/{customer.id}"


def read(customer):
    with transaction(read_only=True):
        found = db.session.get(Customer, customer.id, populate_existing=True)
        phones = db.session.scalars(
            sa.select(Phone).where(Phone.customer_id == customer.id).order_by(Phone.number)
        )
        return found, {phone.number: phone.is_primary for phone in phones}


def test_a_tag_that_is_gone_since_stays_gone(caller, manager, owner):
    survivor, merged = make_customer(owner), make_customer(owner)
    tag = ok(manager.post("/v1/tags", json={"name": "爱登山"}))
    for customer in (survivor, merged):
        ok(caller.put(f"{path(customer)}/tags/{tag['id']}"))
    made = merged_into(caller, survivor, merged)
    ok(caller.delete(f"{path(survivor)}/tags/{tag['id']}"))
    ok(manager.delete(f"/v1/tags/{tag['id']}"))

    ok(undo(caller, made["id"]))

    assert caller.get(f"{path(merged)}/tags").json["items"] == []


def test_an_account_that_is_somebody_elses_by_now_stays_theirs(caller, owner):
    survivor = make_customer(owner, account_no=None)
    merged = make_customer(owner, account_no="ACC-1")
    made = merged_into(caller, survivor, merged)
    version = caller.get(path(survivor)).headers["ETag"]
    ok(caller.patch(path(survivor), json={"account_no": "ACC-2"}, headers={"If-Match": version}))
    new = ok(caller.post("/v1/customers", json={"name": "新客户", "account_no": "ACC-1"}))

    ok(undo(caller, made["id"]))

    numbers = {
        c: caller.get(f"/v1/customers/{c}").json["account_no"]
        for c in (survivor.id, merged.id, new["id"])
    }
    assert numbers == {survivor.id: "ACC-2", merged.id: None, new["id"]: "ACC-1"}
    assert read(merged)[0].merged_into_id is None


def test_a_birthday_noted_anew_stands(caller, owner):
    survivor = make_customer(owner, birth_on=None)
    merged = make_customer(owner)
    day = {"kind": "birthday", "month": 5, "day": 20}
    for customer in (survivor, merged):
        ok(caller.post(f"{path(customer)}/anniversaries", json=day))
    made = merged_into(caller, survivor, merged)
    [kept] = caller.get(f"{path(survivor)}/anniversaries").json["items"]
    ok(caller.delete(f"{path(survivor)}/anniversaries/{kept['id']}"))
    ok(caller.post(f"{path(survivor)}/anniversaries", json={**day, "day": 21}))

    ok(undo(caller, made["id"]))

    days = {
        c.id: [a["day"] for a in caller.get(f"{path(c)}/anniversaries").json["items"]]
        for c in (survivor, merged)
    }
    assert days == {survivor.id: [21], merged.id: [20]}


@pytest.mark.parametrize("own", ["+8613911110000", None])
def test_a_number_removed_as_wrong_is_not_written_to_again(caller, owner, own):
    survivor = make_customer(owner, phone=own)
    merged = make_customer(owner, phone="+8613922220000")
    made = merged_into(caller, survivor, merged)
    for phone in caller.get(f"{path(survivor)}/phones").json["items"]:
        if phone["is_primary"] is (own is None):
            ok(caller.delete(f"{path(survivor)}/phones/{phone['id']}"))

    ok(undo(caller, made["id"]))

    assert read(merged)[1] == {}
    assert read(merged)[0].phone is None
    assert read(survivor)[0].phone == own


def test_each_has_one_number_to_be_called_on(caller, owner):
    survivor = make_customer(owner, phone="+8613911110000")
    merged = make_customer(owner, phone="+8613922220000")
    ok(caller.post(f"{path(merged)}/phones", json={"number": "+8613933330000"}))
    made = merged_into(caller, survivor, merged)
    with transaction(read_only=True):
        second = db.session.scalar(sa.select(Phone.id).where(Phone.number == "+8613933330000"))
    ok(caller.put(f"{path(survivor)}/primary-phone", json={"phone_id": second}))

    ok(undo(caller, made["id"]))

    for customer in (survivor, merged):
        kept, phones = read(customer)
        assert [n for n, is_primary in phones.items() if is_primary] == [kept.phone]


def test_whose_account_manager_left_stays_with_the_survivors(manager, sign_in, owner, team):
    leaver = make_staff(team=team)
    survivor, merged = make_customer(owner), make_customer(leaver)
    made = merged_into(manager, survivor, merged)
    admin = sign_in(make_staff(Role.ADMIN))
    ok(admin.put(f"/v1/staff/{leaver.id}/deactivation"))

    ok(undo(manager, made["id"]))

    assert read(merged)[0].owner_id == owner.id


def test_a_survivor_whom_nobody_looks_after_gets_who_did(manager, owner, team):
    survivor, merged = make_customer(owner_id=None, team_id=team.id), make_customer(owner)

    made = merged_into(manager, survivor, merged)

    assert [read(c)[0].owner_id for c in (survivor, merged)] == [owner.id, owner.id]
    ok(undo(manager, made["id"]))
    assert [read(c)[0].owner_id for c in (survivor, merged)] == [None, owner.id]


def test_nobody_draws_a_covered_colleagues_customer_into_the_own_portfolio(
    caller, manager, owner, team, moment
):
    absent = make_staff(team=team)
    cover = {
        "absent_id": absent.id,
        "stand_in_id": owner.id,
        "ends_at": (moment + timedelta(days=3)).isoformat(),
        "reason": "Leave",
    }
    ok(manager.post("/v1/covers", json=cover))
    own, theirs = make_customer(owner), make_customer(absent)

    reply = preview(caller, own, theirs)

    assert (reply.status_code, reply.json["code"]) == (422, "not_mergeable")


def test_the_former_name_and_account_find_the_survivor_until_it_is_taken_back(
    caller, manager, owner
):
    """Colleagues know the customer by the name on the old contract, and say its number."""
    survivor = make_customer(owner, name="王小雨", account_no="A-100")
    merged = make_customer(owner, name="汪晓宇", account_no="B-200")

    def found(text):
        items = ok(caller.get("/v1/customers", query_string={"q": text}))["items"]
        return [item["id"] for item in items]

    made = merged_into(manager, survivor, merged)
    together = [found(text) for text in ("汪晓", "B-200", "王小", "A-100")]
    etag = {"If-Match": caller.get(path(survivor)).headers["ETag"]}
    ok(caller.patch(path(survivor), json={"name": "王晓雨"}, headers=etag))
    renamed = [found(text) for text in ("汪晓", "王晓", "王小")]
    ok(undo(manager, made["id"]))

    assert together == [[survivor.id]] * 4
    assert renamed == [[survivor.id], [survivor.id], []]
    assert [found(text) for text in ("汪晓", "B-200", "A-100")] == [
        [merged.id],
        [merged.id],
        [survivor.id],
    ]
