from __future__ import annotations

import base64

import pytest

from crm_api.accounts.models import Role, Team
from crm_api.customers.policies import names
from crm_api.kit.db import db
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer


@pytest.fixture
def owner(app):
    return make_staff()


@pytest.fixture
def search(sign_in, owner):
    caller = sign_in(owner)

    def search(text, **filters):
        reply = caller.get("/v1/customers", query_string={"q": text, **filters})
        assert reply.status_code == 200, reply.json
        return [item["name"] for item in reply.json["items"]]

    return search


@pytest.mark.parametrize(
    "text",
    [
        "单",  # one character, the first
        "雨",  # one character, the last
        "单小雨",
        "小雨",
        "shanxiaoyu",
        "shan",
        "xiaoyu",
        "yu",
        "sxy",
        "xy",
        "SXY",
        "Shan Xiao Yu",
        "4321",
        "13988874321",
        "+86 139 8887 4321",
        "139-8887-4321",
        "A-100",
        "a100",
        "a10",
    ],
)
def test_it_is_found_by_any_part(search, owner, text):
    make_customer(owner, name="单小雨", phone="+8613988874321", account_no="A-100")
    make_customer(owner, name="丁大风", phone="+8613900001111", account_no="B-7")

    assert search(text) == ["单小雨"]


@pytest.mark.parametrize(
    "text",
    ["乙", "dan", "sx y z", "321", "43210", "8887", "%", "_", "' OR 1=1", "100", "..."],
)
def test_what_is_no_part_is_not_found(search, owner, text):
    make_customer(owner, name="单小雨", phone="+8613988874321", account_no="A-100")

    assert search(text) == []


@pytest.mark.parametrize("text", ["小雨", "xy", "4321", "nobody", "..."])
def test_leaders_find_what_account_managers_find(search, sign_in, owner, text):
    make_customer(owner, name="单小雨", phone="+8613988874321")
    admin = sign_in(make_staff(Role.ADMIN))

    found = admin.get("/v1/customers", query_string={"q": text}).json["items"]

    assert [item["name"][:1] for item in found] == [name[:1] for name in search(text)]


def test_a_name_of_one_character_is_found(search, owner):
    make_customer(owner, name="雨")

    assert search("雨") == search("yu") == search("y") == ["雨"]


def test_a_group_is_read_as_words_and_not_as_a_surname(search, owner):
    make_customer(owner, name="单位食堂", kind="group")

    assert search("danwei") == ["单位食堂"]
    assert search("shanwei") == []


def test_a_renamed_customer_is_found_by_the_new_name_only(search, sign_in, owner):
    customer = make_customer(owner, name="单小雨")

    sign_in(owner).patch(
        f"/v1/customers/{customer.id}", json={"name": "丁小风"}, headers={"If-Match": '"1"'}
    )

    assert search("单小雨") == []
    assert search("dxf") == ["丁小风"]


def test_every_phone_is_looked_at(search, sign_in, owner):
    customer = make_customer(owner, name="单小雨")

    sign_in(owner).post(f"/v1/customers/{customer.id}/phones", json={"number": "010-65529988"})

    assert search("9988") == ["单小雨"]


def test_somebody_found_twice_is_listed_once(search, owner):
    make_customer(owner, name="雨雨雨", phone="+8613912341234", account_no="4321")

    assert search("雨") == ["雨雨雨"]


def test_pages_of_a_search_neither_miss_nor_repeat(sign_in, owner):
    made = [make_customer(owner, name=f"雨{n}").id for n in range(7)]
    caller, cursor, seen = sign_in(owner), None, []

    for _ in range(4):
        query = {"q": "雨", "limit": 2, **({"cursor": cursor} if cursor else {})}
        reply = caller.get("/v1/customers", query_string=query).json
        seen += [item["id"] for item in reply["items"]]
        cursor = reply["next_cursor"]

    assert cursor is None
    assert seen == sorted(made)


def test_who_is_found_does_not_depend_on_how_they_are_looked_for(sign_in, owner, monkeypatch):
    """By walking what matches or by looking each up: the same customers in the same order."""
    wanted = [
        make_customer(owner, name=name, phone=f"+86139{n:04d}{'1234' if n % 2 else '4321'}").id
        for n, name in enumerate(["43210", "4321", "雨", "雨432100", "4321雨4321"])
    ]
    make_customer(owner, name="432", phone="+8613900001234")
    make_customer(make_staff(), name="4321")
    lead = sign_in(make_staff(Role.MANAGER, _team_of(owner)))
    orders = []

    for few in (0, 5_000):
        monkeypatch.setattr("crm_api.customers.queries.searching.FEW", few)
        orders.append([item["id"] for item in _pages(lead, q="4321", limit=1)])
        orders.append([item["id"] for item in _pages(lead, q="4321")])

    assert sorted(orders[0]) == sorted(wanted)
    assert all(order == orders[0] for order in orders)


def _pages(caller, **query):
    items, cursor = [], None
    while True:
        asked = {**query, **({"cursor": cursor} if cursor else {})}
        reply = caller.get("/v1/customers", query_string=asked).json
        items += reply["items"]
        cursor = reply["next_cursor"]
        if cursor is None:
            return items


def _team_of(actor):
    return db.session.get(Team, actor.team_id)


def test_filters_narrow_together(search, owner):
    make_customer(owner, name="雨一", tier="gold", status="active")
    make_customer(owner, name="雨二", tier="gold", status="closed")
    make_customer(owner, name="雨三", tier="vip", kind="group")

    assert search("雨", tier="gold") == ["雨一", "雨二"]
    assert search("雨", tier="gold", status="closed") == ["雨二"]
    assert search("雨", kind="group") == ["雨三"]
    assert search("雨", team_id=owner.team_id) == ["雨一", "雨三", "雨二"]
    assert search("雨", team_id="elsewhere") == []


def test_lists_mask_phones_and_hold_no_documents(sign_in, owner):
    make_customer(owner, phone="+8613988874321", document_type="passport", document_number="X1")

    reply = sign_in(owner).get("/v1/customers")

    assert reply.json["items"][0]["phone"] == "+86****4321"
    assert "9888" not in reply.text
    assert "document" not in reply.text


def test_birthdays_are_found_by_sun_and_by_moon(sign_in, owner):
    caller = sign_in(owner)
    make_customer(owner, name="阳历", birth_on=_day("1980-02-16"))
    moon = make_customer(owner, name="农历", birth_on=_day("1980-07-01"))
    make_customer(owner, name="别日", birth_on=_day("1980-03-01"))
    caller.post(
        f"/v1/customers/{moon.id}/anniversaries",
        json={"kind": "birthday", "calendar": "lunar", "month": 12, "day": 30},
    )

    # 16 February 2026 is the 29th and last day of lunar 2025's twelfth month.
    found = caller.get("/v1/customers?birthday_from=2026-02-16&birthday_until=2026-02-16").json

    assert {item["name"] for item in found["items"]} == {"阳历", "农历"}


@pytest.mark.parametrize(
    "query",
    [
        "birthday_from=2026-02-16",
        "birthday_from=2026-02-16&birthday_until=2026-02-15",
        "birthday_from=2026-02-16&birthday_until=2026-06-15",
        "birthday_from=2150-02-16&birthday_until=2150-02-17",
        "q=",
        "tier=platinum",
        "limit=0",
        "cursor=nonsense",
        "unknown=1",
    ],
)
def test_a_query_that_cannot_be_is_refused(sign_in, owner, query):
    assert sign_in(owner).get(f"/v1/customers?{query}").status_code == 422


def test_a_page_of_many_costs_no_more_statements_than_of_one(sign_in, owner, count_statements):
    admin = sign_in(make_staff(Role.ADMIN))
    for n in range(20):
        make_customer(owner, name=f"雨{n}")
    db.session.remove()
    counts = []

    for limit in (1, 20):
        with count_statements() as statements:
            reply = admin.get(f"/v1/customers?q=雨&limit={limit}")
        assert len(reply.json["items"]) == limit
        counts.append(statements.count)

    assert counts[0] == counts[1] <= 2


def test_the_search_walks_its_index(app, backend):
    if backend == "postgres":
        return  # on so few rows its planner rightly reads the table; the bench shows the plan
    term = "SELECT customer_id FROM customer_search_terms WHERE term >= 'a' AND term < 'b'"
    phone = "SELECT customer_id FROM customer_phones WHERE suffix >= '1' AND suffix < '2'"

    for statement in (term, phone):
        plan = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}").all()
        assert "SEARCH" in plan[0][-1], plan


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("单雄信", "sxx"),
        ("曾小贤", "zxx"),
        ("尉迟恭", "ycg"),
        ("仇英", "qy"),
        ("Anna Lee", "annalee"),
    ],
)
def test_surnames_are_read_as_surnames(name, initials):
    assert names.read_name(name).initials == initials


def _day(text):
    from datetime import date

    return date.fromisoformat(text)


def test_a_cursor_tells_nothing_that_lists_mask(sign_in, owner):
    for n in range(3):
        make_customer(owner, name="单小雨", phone=f"+86139000{n}7777")
    lead = sign_in(make_staff(Role.MANAGER, db.session.get(Team, owner.team_id)))
    query, found = {"q": "7777", "limit": 1}, []
    while "cursor" not in query or query["cursor"]:
        reply = lead.get("/v1/customers", query_string=query).json
        found += [item["id"] for item in reply["items"]]
        query["cursor"] = reply["next_cursor"]
        for part in (query["cursor"] or "").split("."):
            told = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
            assert b"7777" not in told

    assert len(set(found)) == len(found) == 3
    for forged in ("a.b", "k", ".", "é", base64.urlsafe_b64encode(b'["7777", "x"]').decode()):
        reply = lead.get("/v1/customers", query_string={"q": "7777", "cursor": forged})
        assert (reply.status_code, reply.json["errors"][0]["pointer"]) == (422, "/cursor")
