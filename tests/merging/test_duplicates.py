"""Who may be one customer: warned of on creation, found every night, dismissed for good."""

from __future__ import annotations

from datetime import date

import pytest

from crm_api.accounts.models import Role
from crm_api.customers.duplicates import service
from crm_api.customers.duplicates.policies import compare
from crm_api.customers.duplicates.terms import Likeness
from crm_api.customers.duplicates.values import Features
from crm_api.customers.terms import Gender, Kind
from crm_api.kit import clock
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer
from tests.merging.factories import merged_into, undo

BORN = date(1980, 2, 29)


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def owner(team):
    return make_staff(team=team)


@pytest.fixture
def caller(sign_in, owner):
    return sign_in(owner)


def ok(reply):
    assert reply.status_code in (200, 201), reply.text
    return reply.json


def sweep():
    after, found = "", 0
    while True:
        with transaction():
            looked = service.find_duplicates(after, now=clock.now())
        if looked is None:
            return found
        after, new = looked
        found += new


def pairs(caller, query=""):
    return ok(caller.get(f"/v1/customer-duplicates?{query}"))["items"]


def features(**changes):
    known = {
        "kind": Kind.INDIVIDUAL,
        "name": "虚构甲",
        "name_pinyin": "xugoujia",
        "gender": Gender.UNKNOWN,
        "birth_on": None,
        "document_index": None,
        "numbers": frozenset(),
    }
    return Features(**{**known, **changes})


@pytest.mark.parametrize(
    ("ours", "theirs", "score"),
    [
        ({}, {}, 30),
        ({"birth_on": BORN}, {"birth_on": BORN}, 55),
        ({"numbers": frozenset({"+861"})}, {"numbers": frozenset({"+861"})}, 70),
        ({"name": "虚 构甲"}, {"name": "虚构甲"}, 30),
        ({"name": "虚构佳"}, {}, 15),
        ({"document_index": "a"}, {"document_index": "b"}, 0),
        ({"document_index": "a"}, {"document_index": "a"}, 100),
        ({"gender": Gender.MALE, "birth_on": BORN}, {"gender": Gender.FEMALE}, 10),
        ({"kind": Kind.GROUP}, {}, 0),
    ],
)
def test_what_two_have_in_common_is_weighed(ours, theirs, score):
    assert compare(features(**ours), features(**theirs)).score == score


def test_who_is_taken_in_twice_is_warned_of(caller, owner):
    known = make_customer(owner, name="虚构甲", birth_on=BORN)
    body = {"name": "虚构甲", "phones": [{"number": known.phone}]}

    asked = ok(caller.post("/v1/customer-duplicate-checks", json=body))
    created = ok(caller.post("/v1/customers", json=body))

    [found] = created["possible_duplicates"]
    assert asked["possible_duplicates"] == [found]
    assert (found["customer_id"], found["score"]) == (known.id, 70)
    assert set(found["reasons"]) == {Likeness.SAME_PHONE, Likeness.SAME_NAME}
    [pair] = pairs(caller)
    assert {pair["first_id"], pair["second_id"]} == {known.id, created["id"]}


def test_a_strangers_customer_is_nobodys_warning(caller, team, sign_in):
    theirs = make_customer(make_staff(team=team), name="虚构甲", birth_on=BORN)
    body = {"name": "虚构甲", "birth_on": BORN.isoformat()}

    created = ok(caller.post("/v1/customers", json=body))

    assert created["possible_duplicates"] == []
    assert pairs(caller) == []
    [pair] = pairs(sign_in(make_staff(Role.MANAGER, team)))
    assert theirs.id in (pair["first_id"], pair["second_id"])
    stranger = sign_in(make_staff(Role.MANAGER, make_team()))
    assert pairs(stranger) == []
    assert stranger.get(f"/v1/customer-duplicates/{pair['id']}").status_code == 404


def test_those_already_there_are_found_once(caller, owner):
    first, second = (make_customer(owner, name="虚构甲", birth_on=BORN) for _ in range(2))
    make_customer(owner, name="虚构甲")
    make_customer(owner, birth_on=BORN)

    assert (sweep(), sweep()) == (1, 0)

    [pair] = pairs(caller)
    assert {pair["first_id"], pair["second_id"]} == {first.id, second.id}
    assert pair["reasons"] == ["same_name", "same_birth_date"]
    assert pairs(caller, "least_score=56") == []


def test_who_was_dismissed_is_never_raised_again(caller, owner):
    for _ in range(2):
        make_customer(owner, name="虚构甲", birth_on=BORN)
    sweep()
    [pair] = pairs(caller)
    path = f"/v1/customer-duplicates/{pair['id']}/dismissal"

    gone = ok(caller.put(path, json={"reason": "Two cousins."}))

    assert sweep() == 0
    assert [one["state"] for one in pairs(caller)] == ["dismissed"]
    assert ok(caller.put(path, json={"reason": "Two cousins."})) == gone
    again = caller.put(path, json={"reason": "Another reason."})
    assert (again.status_code, again.json["code"]) == (409, "duplicate_settled")


def test_who_looks_alike_no_more_is_struck_off(caller, owner):
    customer, _other = (make_customer(owner, name="虚构甲", birth_on=BORN) for _ in range(2))
    sweep()
    version = {"If-Match": f'"{customer.version}"'}
    ok(caller.patch(f"/v1/customers/{customer.id}", json={"name": "虚构乙"}, headers=version))

    sweep()

    assert pairs(caller) == []


def test_who_is_known_as_one_person_is_no_find(caller, owner):
    first, second = (make_customer(owner, name="虚构甲", birth_on=BORN) for _ in range(2))
    link = {"kind": "same_person", "other_id": second.id}
    ok(caller.post(f"/v1/customers/{first.id}/relations", json=link))

    assert sweep() == 0


def test_a_merge_settles_the_pair_and_keeps_what_was_dismissed(caller, owner):
    a, b, c = (make_customer(owner, name="虚构甲", birth_on=BORN) for _ in range(3))
    sweep()
    assert len(pairs(caller)) == 3
    [twins] = [p for p in pairs(caller) if {p["first_id"], p["second_id"]} == {a.id, c.id}]
    ok(caller.put(f"/v1/customer-duplicates/{twins['id']}/dismissal", json={"reason": "Twins."}))
    before = pairs(caller)

    merge = merged_into(caller, b, a)

    assert sweep() == 0
    assert sorted(pair["state"] for pair in pairs(caller, f"customer_id={b.id}")) == [
        "merged",
        "open",
    ]
    ok(undo(caller, merge["id"]))
    assert pairs(caller) == before
