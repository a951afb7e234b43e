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
def path(owner):
    return f"/v1/customers/{make_customer(owner).id}"


def test_nothing_is_known_at_first(caller, path):
    reply = caller.get(f"{path}/extended-profile")

    assert reply.status_code == 200
    assert (reply.json["version"], reply.json["interests"]) == (0, [])
    assert reply.headers["ETag"] == '"0"'


def test_what_is_learnt_is_kept(caller, path):
    learnt = {
        "interests": ["calligraphy", "hiking"],
        "traits": ["punctual"],
        "small_requests": ["a paper bill"],
        "communication_style": "analytical",
        "preferred_channel": "wechat",
        "preferred_from": "10:00:00",
        "preferred_until": "12:00:00",
        "employer": "Fictional Mill",
        "title": "Foreman",
        "remarks": "Has a cat.",
    }

    first = caller.patch(f"{path}/extended-profile", json=learnt, headers={"If-Match": '"0"'})
    second = caller.patch(
        f"{path}/extended-profile", json={"traits": []}, headers={"If-Match": '"1"'}
    )

    assert first.status_code == 200, first.json
    assert {name: first.json[name] for name in learnt} == learnt
    assert (second.json["version"], second.json["traits"]) == (2, [])
    assert second.json["remarks"] == "Has a cat."
    assert caller.get(f"{path}/extended-profile").json == second.json


@pytest.mark.parametrize("existing", [False, True])
def test_a_stale_update_names_what_differs(caller, path, existing):
    if existing:
        caller.patch(
            f"{path}/extended-profile", json={"title": "Chief"}, headers={"If-Match": '"0"'}
        )
    wrong = '"0"' if existing else '"3"'

    blind = caller.patch(f"{path}/extended-profile", json={"title": "x"})
    stale = caller.patch(
        f"{path}/extended-profile",
        json={"title": "Foreman", "remarks": ""},
        headers={"If-Match": wrong},
    )

    assert blind.status_code == 428
    assert (stale.status_code, stale.json["differs"]) == (412, ["title"])


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ({"interests": ["tea", "tea"]}, "/interests"),
        ({"interests": [""]}, "/interests/0"),
        ({"preferred_from": "10:00"}, ""),
        ({"preferred_from": "10:00", "preferred_until": None}, ""),
        ({"preferred_from": "10:00", "preferred_until": "10:00"}, "/preferred_until"),
        ({"communication_style": "loud"}, "/communication_style"),
        ({"remarks": "x" * 4001}, "/remarks"),
        ({"birth_on": "1990-01-01"}, "/birth_on"),
    ],
)
def test_a_profile_that_cannot_be_is_refused(caller, path, content, pointer):
    reply = caller.patch(f"{path}/extended-profile", json=content, headers={"If-Match": '"0"'})

    assert reply.status_code == 422
    assert reply.json["errors"][0]["pointer"] == pointer


def test_a_wish_reaches_the_governor_until_it_is_lifted(caller, path):
    customer_id = path.rsplit("/", 1)[1]
    wish = {
        "channels": ["call", "visit"],
        "categories": ["marketing"],
        "quiet_from": "22:00:00",
        "quiet_until": "09:30:00",
        "ends_on": "2027-01-31",
        "note": "works at night",
    }

    noted = caller.post(f"{path}/do-not-disturb-wishes", json=wish)
    bound = wishes_of(customer_id)
    lifted = caller.put(f"{path}/do-not-disturb-wishes/{noted.json['id']}/lift")
    again = caller.put(f"{path}/do-not-disturb-wishes/{noted.json['id']}/lift")

    assert noted.status_code == 201, noted.json
    assert {name: noted.json[name] for name in wish} == wish
    assert [(w.channels, w.categories) for w in bound] == [(("call", "visit"), ("marketing",))]
    assert bound[0].quiet_from.isoformat() == "22:00:00"
    assert lifted.json["lifted_at"] is not None
    assert again.json == lifted.json
    assert wishes_of(customer_id) == ()
    assert len(caller.get(f"{path}/do-not-disturb-wishes").json["items"]) == 1


def test_an_unqualified_wish_covers_all_channels(caller, path):
    noted = caller.post(f"{path}/do-not-disturb-wishes", json={})

    assert noted.status_code == 201
    (wish,) = wishes_of(path.rsplit("/", 1)[1])
    assert (wish.channels, wish.categories, wish.quiet_from) == (None, None, None)


@pytest.mark.parametrize(
    "wish",
    [
        {"channels": []},
        {"channels": ["pigeon"]},
        {"channels": ["sms", "sms"]},
        {"categories": "care"},
        {"quiet_from": "09:00"},
        {"ends_on": "2026-13-01"},
    ],
)
def test_a_wish_that_cannot_be_is_refused(caller, path, wish):
    assert caller.post(f"{path}/do-not-disturb-wishes", json=wish).status_code == 422


def test_a_wish_sent_twice_is_one_wish(caller, path):
    wish = {"id": "w1", "channels": ["sms"]}
    first = caller.post(f"{path}/do-not-disturb-wishes", json=wish)

    again = caller.post(f"{path}/do-not-disturb-wishes", json=wish)
    changed = caller.post(f"{path}/do-not-disturb-wishes", json={"id": "w1", "channels": ["call"]})

    assert again.json == first.json
    assert (changed.status_code, changed.json["code"]) == (409, "id_taken")


def wishes_of(customer_id):
    with transaction(read_only=True):
        return queries.governed_facts([customer_id])[customer_id].wishes


def test_a_wish_is_lifted_through_its_own_customer_only(caller, owner, path):
    wish = caller.post(f"{path}/do-not-disturb-wishes", json={}).json
    other = f"/v1/customers/{make_customer(owner).id}/do-not-disturb-wishes"

    assert caller.put(f"{other}/{wish['id']}/lift").status_code == 404
