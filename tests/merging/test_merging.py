"""Two records of one customer become one, and two again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.app.rooms import load_models
from crm_api.customers.merging.service.rows import NAMES
from crm_api.customers.models import Customer
from crm_api.kit.db import db
from crm_api.kit.succession import Fate, columns_referring_to, fate_of
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer
from tests.factories.visits import a_plan, a_record, made, planned, step
from tests.merging.factories import merge, merged_into, preview, undo


@pytest.fixture
def owner(app, at, moment):
    at(moment)
    keep_default_policies(moment - timedelta(days=30))
    return make_staff()


@pytest.fixture
def caller(sign_in, owner):
    return sign_in(owner)


def ok(reply):
    assert reply.status_code in (200, 201), reply.text
    return reply.json


def path(customer):
    return f"/v1/customers/{customer.id}"


def whole(caller, customer):
    """All that a customer's profile shows."""
    parts = ("phones", "anniversaries", "life-events", "do-not-disturb-wishes", "relations")
    return {
        "core": ok(caller.get(path(customer))),
        "extended": ok(caller.get(f"{path(customer)}/extended-profile")),
        **{part: ok(caller.get(f"{path(customer)}/{part}"))["items"] for part in parts},
    }


def rows_naming(customer_id):
    """How many rows that can move name a customer, by column."""
    load_models()
    found = {}
    with transaction(read_only=True):
        for column in columns_referring_to("customers", also=NAMES):
            if fate_of(column) in (Fate.MOVES, Fate.YIELDS):
                count = sa.select(sa.func.count()).where(column == customer_id)
                found[str(column)] = db.session.scalar(count)
    return {name: count for name, count in found.items() if count}


@pytest.fixture
def lived_in(caller, owner, moment):
    """A customer with something in every part of a profile, a visit made and a call planned."""

    def lived_in(**changes):
        customer, friend = make_customer(owner, **changes), make_customer(owner)
        ok(caller.post(f"{path(customer)}/phones", json={"number": "+8613912345678"}))
        day = {"kind": "wedding", "month": 5, "day": 20}
        ok(caller.post(f"{path(customer)}/anniversaries", json=day))
        news = {"kind": "promotion", "happened_on": moment.date().isoformat()}
        ok(caller.post(f"{path(customer)}/life-events", json=news))
        wish = {"channels": ["wechat"]}
        ok(caller.post(f"{path(customer)}/do-not-disturb-wishes", json=wish))
        ok(
            caller.post(
                f"{path(customer)}/relations", json={"kind": "family", "other_id": friend.id}
            )
        )
        profile = {"interests": ["登山"], "remarks": "Likes tea.", "employer": "虚构公司"}
        ok(caller.patch(f"{path(customer)}/extended-profile", json=profile, headers=FIRST))
        wanted = {"occasions": ["birthday"]}
        ok(caller.put(f"{path(customer)}/greeting-preferences", json=wanted, headers=FIRST))
        visit = made(caller, planned(caller, customer, starts_at=moment))
        due = (moment + timedelta(days=3)).date().isoformat()
        promise = {"text": "Bring the offer.", "due_on": due}
        ok(step(caller, visit, "record", **a_record(visit, promises=[promise])))
        return customer

    return lived_in


FIRST = {"If-Match": '"0"'}
MORNING = datetime(2026, 3, 4, 2, tzinfo=UTC)


def test_what_can_move_goes_on_with_the_survivor(caller, owner, lived_in):
    merged, survivor = lived_in(), make_customer(owner)
    before = whole(caller, merged)

    merged_into(caller, survivor, merged)

    assert rows_naming(merged.id) == {}
    after = whole(caller, survivor)
    for part in ("anniversaries", "life-events", "do-not-disturb-wishes", "relations"):
        assert {one["id"] for one in before[part]} <= {one["id"] for one in after[part]}
    assert len(after["phones"]) == 3
    assert [one["is_primary"] for one in after["phones"]].count(True) == 1
    assert after["extended"]["employer"] == "虚构公司"
    visits = ok(caller.get(f"/v1/visits?customer_id={survivor.id}"))["items"]
    assert len(visits) == 1


def rows_of(*customers):
    """Every row that names one of these customers, but for how often it changed."""
    ids, found = [one.id for one in customers], {}
    with transaction(read_only=True):
        for column in columns_referring_to("customers", also=NAMES):
            if column.table.name not in UNCOUNTED:
                rows = db.session.execute(sa.select(column.table).where(column.in_(ids)))
                told = [{**row, "version": None} for row in rows.mappings()]
                found[str(column)] = sorted(told, key=repr)
        core = sa.select(Customer.__table__).where(Customer.id.in_(ids)).order_by(Customer.id)
        cores = db.session.execute(core).mappings()
        found["customers"] = [{**row, "version": None} for row in cores]
    return found


# What tells of the merge itself, or is worked out when it is asked for.
UNCOUNTED = {"audit_entries", "subject_locks", "customer_merges", "customers_to_recheck"}


def test_undone_it_is_as_if_it_had_never_been(caller, owner, lived_in):
    merged = lived_in(gender="female", birth_on=date(1980, 2, 29), document_number="D1")
    survivor = lived_in(account_no=None, phone=None)
    before = rows_of(survivor, merged)
    first = merged_into(caller, survivor, merged)

    undone = undo(caller, first["id"])

    assert undone.status_code == 200, undone.text
    after = rows_of(survivor, merged)
    assert {name for name in after if after[name] != before[name]} == set()
    assert undo(caller, first["id"]).json == undone.json


def test_the_survivors_word_stands_and_the_other_fills_its_gaps(caller, owner):
    survivor = make_customer(owner, account_no=None, name="虚构甲", joined_on=date(2020, 5, 1))
    merged = make_customer(
        owner, name="虚构乙", gender="female", joined_on=date(2019, 1, 2), birth_on=date(1980, 1, 3)
    )
    account_no, shown = merged.account_no, ok(preview(caller, survivor, merged))

    merged_into(caller, survivor, merged)

    assert shown["filled"] == ["account_no", "birth_on", "gender", "joined_on"]
    core = ok(caller.get(path(survivor)))
    assert (core["name"], core["gender"], core["birth_on"]) == ("虚构甲", "female", "1980-01-03")
    assert (core["joined_on"], core["account_no"]) == ("2019-01-02", account_no)
    sources = ok(caller.get(f"{path(survivor)}/field-sources"))["items"]
    by_merge = {one["field"] for one in sources if one["origin"] == "merge"}
    assert by_merge == set(shown["filled"])


def test_a_preview_stores_nothing(caller, owner, lived_in):
    merged, survivor = lived_in(), make_customer(owner)
    before = rows_of(survivor, merged)

    shown = ok(preview(caller, survivor, merged))

    assert {"table": "visits", "change": "moved", "rows": 1} in shown["touched"]
    assert rows_of(survivor, merged) == before
    assert ok(caller.get("/v1/customer-merges"))["items"] == []


def test_of_two_wishes_the_stricter_holds(caller, owner):
    survivor, merged = make_customer(owner), make_customer(owner)
    for customer, occasions in ((survivor, ["birthday", "festival"]), (merged, ["birthday"])):
        wanted = {"occasions": occasions}
        ok(caller.put(f"{path(customer)}/greeting-preferences", json=wanted, headers=FIRST))
    birthday = {"kind": "birthday", "month": 5, "day": 20}
    ok(caller.post(f"{path(survivor)}/anniversaries", json=birthday))
    unloved = {**birthday, "is_greeted": False}
    ok(caller.post(f"{path(merged)}/anniversaries", json=unloved))
    ok(caller.post(f"{path(merged)}/do-not-disturb-wishes", json={"channels": ["call"]}))

    merged_into(caller, survivor, merged)

    wanted = ok(caller.get(f"{path(survivor)}/greeting-preferences"))["occasions"]
    assert wanted == ["birthday"]
    [day] = ok(caller.get(f"{path(survivor)}/anniversaries"))["items"]
    assert day["is_greeted"] is False
    budget = ok(caller.get(f"{path(survivor)}/contact-budget?channel=call"))
    assert "do_not_disturb" in [reason["code"] for reason in budget["reasons"]]


def test_the_former_id_answers_with_where_it_went(caller, owner):
    survivor, merged = make_customer(owner), make_customer(owner)
    merged_into(caller, survivor, merged)

    read = caller.get(f"{path(merged)}/contacts?limit=3")
    change = caller.post(f"{path(merged)}/phones", json={"number": "+8613912345678"})
    plan = caller.post("/v1/visits", json=a_plan(merged, starts_at=MORNING))
    call = {"customer_id": merged.id, "channel": "call", "category": "service", "at": MORNING}
    call = caller.post("/v1/contact-reservations", json=call)

    assert (read.status_code, read.json["merged_into_id"]) == (308, survivor.id)
    assert read.headers["Location"].endswith(f"{path(survivor)}/contacts?limit=3")
    for reply in (change, plan, call):
        assert (reply.status_code, reply.json["code"]) == (409, "customer_merged")
        assert reply.json["merged_into_id"] == survivor.id
    found = ok(caller.get("/v1/customers"))["items"]
    assert [one["id"] for one in found] == [survivor.id]


def test_a_strangers_customer_is_merged_with_nobody(caller, owner, sign_in):
    mine, theirs = make_customer(owner), make_customer(make_staff())
    for pair in ((mine, theirs), (theirs, mine)):
        assert preview(caller, *pair).status_code == 404
    survivor, merged = make_customer(owner), make_customer(owner)
    merged_into(caller, survivor, merged)
    stranger = sign_in(make_staff(Role.MANAGER, make_team()))

    assert stranger.get(path(merged)).status_code == 404
    assert stranger.get(f"/v1/customer-merges?customer_id={merged.id}").json["items"] == []


def test_what_cannot_be_one_customer_is_not_merged(caller, owner):
    person, group = make_customer(owner), make_customer(owner, kind="group")

    assert preview(caller, person, group).json["code"] == "not_mergeable"
    assert preview(caller, person, person).json["code"] == "not_mergeable"


def test_who_changed_since_the_preview_is_looked_at_again(caller, owner):
    survivor, merged = make_customer(owner), make_customer(owner)

    reply = merge(caller, survivor, merged, merged_version=7)

    assert (reply.status_code, reply.json["code"]) == (412, "stale_version")


def test_merges_are_taken_back_in_the_other_order_and_in_time(caller, owner, at, moment):
    a, b, c = (make_customer(owner) for _ in range(3))
    first = merged_into(caller, b, a)
    second = merged_into(caller, c, b)
    assert caller.get(f"/v1/customers/{a.id}").json["merged_into_id"] == c.id

    too_early = undo(caller, first["id"])
    assert (too_early.status_code, too_early.json["merge_id"]) == (409, second["id"])
    ok(undo(caller, second["id"]))
    assert caller.get(f"/v1/customers/{a.id}").json["merged_into_id"] == b.id
    at(moment + timedelta(days=31))

    assert undo(caller, first["id"]).json["code"] == "undo_too_late"
