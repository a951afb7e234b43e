from __future__ import annotations

import pytest

from crm_api.customers import queries
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer


@pytest.fixture
def owner(app):
    return make_staff()


@pytest.fixture
def caller(sign_in, owner):
    return sign_in(owner)


@pytest.fixture
def link(caller):
    def link(customer, other, kind="same_person", **more):
        body = {"other_id": other.id, "kind": kind, **more}
        return caller.post(f"/v1/customers/{customer.id}/relations", json=body)

    return link


def persons(*customers):
    with transaction(read_only=True):
        found = queries.same_person_ids([c.id for c in customers])
    return [found[c.id] for c in customers]


def ids(*customers):
    return sorted(c.id for c in customers)


def test_who_is_one_person_over_others_is_one_person(owner, link):
    a, b, c, d, alone = [make_customer(owner) for _ in range(5)]

    for first, second in ((a, b), (c, d), (d, b)):
        assert link(first, second).status_code == 201

    assert persons(a, b, c, d, alone) == [ids(a, b, c, d)] * 4 + [ids(alone)]


def test_a_link_taken_away_parts_what_it_held_together(owner, caller, link):
    a, b, c, d = [make_customer(owner) for _ in range(4)]
    link(a, b)
    bridge = link(b, c).json
    link(c, d)

    gone = caller.delete(f"/v1/customers/{c.id}/relations/{bridge['id']}")

    assert gone.status_code == 204
    assert persons(a, b, c, d) == [ids(a, b)] * 2 + [ids(c, d)] * 2


def test_in_a_circle_one_link_less_parts_nobody(owner, caller, link):
    a, b, c = [make_customer(owner) for _ in range(3)]
    link(a, b)
    link(b, c)
    last = link(c, a).json

    caller.delete(f"/v1/customers/{a.id}/relations/{last['id']}")

    assert persons(a, b, c) == [ids(a, b, c)] * 3


def test_the_last_link_leaves_two_who_stand_alone(owner, caller, link):
    a, b = make_customer(owner), make_customer(owner)
    only = link(a, b).json

    caller.delete(f"/v1/customers/{a.id}/relations/{only['id']}")

    assert persons(a, b) == [ids(a), ids(b)]


def test_a_link_is_seen_from_both_ends(owner, caller, link):
    a, b = make_customer(owner), make_customer(owner)
    link(a, b, kind="family", role="sister")

    (from_a,) = caller.get(f"/v1/customers/{a.id}/relations").json["items"]
    (from_b,) = caller.get(f"/v1/customers/{b.id}/relations").json["items"]

    assert (from_a["linked_id"], from_a["linked_name"]) == (b.id, b.name)
    assert (from_b["linked_id"], from_b["role"]) == (a.id, "sister")


def test_a_strangers_end_is_neither_linked_nor_shown(owner, caller, link, sign_in):
    mine, stranger = make_customer(owner), make_customer()
    admin_link = {"other_id": stranger.id, "kind": "family"}

    refused = link(mine, stranger, kind="family")
    sign_in(make_staff("admin")).post(f"/v1/customers/{mine.id}/relations", json=admin_link)

    assert (refused.status_code, refused.json["code"]) == (404, "not_found")
    assert caller.get(f"/v1/customers/{mine.id}/relations").json["items"] == []


def test_a_key_person_is_the_other_of_the_group_whoever_asks(owner, link):
    group, person = make_customer(owner, kind="group"), make_customer(owner)

    made = link(person, group, kind="key_person", role="director")

    assert (made.json["customer_id"], made.json["other_id"]) == (group.id, person.id)
    assert made.json["influence"] == "low"


@pytest.mark.parametrize(
    ("kinds", "kind"),
    [
        (("individual", "individual"), "key_person"),
        (("group", "group"), "key_person"),
        (("group", "individual"), "same_person"),
        (("group", "group"), "family"),
    ],
)
def test_some_links_are_impossible(owner, link, kinds, kind):
    first, second = (make_customer(owner, kind=k) for k in kinds)

    reply = link(first, second, kind=kind)

    assert (reply.status_code, reply.json["code"]) == (422, "relation_impossible")


def test_nobody_is_linked_to_oneself(owner, link):
    customer = make_customer(owner)

    assert link(customer, customer).json["code"] == "relation_impossible"


def test_only_a_key_person_has_influence(owner, link):
    reply = link(make_customer(owner), make_customer(owner), influence="great")

    assert reply.json["errors"][0]["pointer"] == "/influence"


def test_a_link_made_twice_is_one_from_either_end(owner, link):
    a, b = make_customer(owner), make_customer(owner)
    first = link(a, b, kind="family", id="r1")

    again = link(a, b, kind="family", id="r1")
    backwards = link(b, a, kind="family")
    otherwise = link(b, a, kind="family", role="aunt")
    taken = link(a, make_customer(owner), kind="family", id="r1")

    assert again.json == backwards.json == first.json
    assert (otherwise.status_code, otherwise.json["code"]) == (409, "relation_known")
    assert (taken.status_code, taken.json["code"]) == (409, "id_taken")


def test_a_stale_change_of_a_link_is_refused(owner, caller, link):
    a, b = make_customer(owner), make_customer(owner)
    made = link(a, b, kind="family", role="sister").json
    path = f"/v1/customers/{a.id}/relations/{made['id']}"

    stale = caller.patch(path, json={"role": "aunt"}, headers={"If-Match": '"7"'})
    changed = caller.patch(path, json={"role": "aunt"}, headers={"If-Match": '"1"'})

    assert (stale.status_code, stale.json["differs"]) == (412, ["role"])
    assert (changed.json["role"], changed.headers["ETag"]) == ("aunt", '"2"')
