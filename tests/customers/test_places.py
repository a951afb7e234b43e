"""Where a customer is met."""

import pytest

from crm_api.accounts.models import Role
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer

HERE = {"latitude": 31.23, "longitude": 121.47}


@pytest.fixture
def home(app, sign_in):
    """A customer's places, and how their account manager asks for them."""
    owner = make_staff()
    customer = make_customer(owner)
    caller = sign_in(owner)
    path = f"/v1/customers/{customer.id}/places"

    class Home:
        def add(self, **content):
            return caller.post(path, json={"address": "示范路 8 号", **content})

        def change(self, place, **changes):
            headers = {"If-Match": f'"{place["version"]}"'}
            return caller.patch(f"{path}/{place['id']}", json=changes, headers=headers)

        def primary(self):
            items = caller.get(path).json["items"]
            return [place["id"] for place in items if place["is_primary"]]

    found = Home()
    found.caller, found.path, found.customer = caller, path, customer
    return found


def test_the_oldest_is_the_primary_until_somebody_chooses(home):
    first, second = home.add(id="p-1", **HERE).json, home.add(id="p-2", label="office").json

    assert first["is_primary"]
    assert not second["is_primary"]
    assert first["latitude"] == HERE["latitude"]
    chosen = home.change(second, is_primary=True)
    assert chosen.status_code == 200, chosen.json
    assert chosen.json["is_primary"]
    assert home.primary() == ["p-2"]
    assert home.add(id="p-3", is_primary=True).json["is_primary"]
    assert home.primary() == ["p-3"]


def test_without_the_chosen_one_the_choice_before_holds_again(home):
    home.add(id="p-1")
    home.add(id="p-2", is_primary=True)
    home.add(id="p-3", is_primary=True)

    assert home.caller.delete(f"{home.path}/p-3").status_code == 204
    assert home.primary() == ["p-2"]
    assert home.caller.delete(f"{home.path}/p-3").status_code == 404


def test_another_address_forgets_the_point_on_the_map(home):
    place = home.add(**HERE).json

    relabelled = home.change(place, label="home").json
    moved = home.change(relabelled, address="新路 9 号").json
    placed = home.change(moved, address="新路 10 号", **HERE).json

    assert relabelled["latitude"] == HERE["latitude"]
    assert (moved["latitude"], moved["longitude"]) == (None, None)
    assert placed["longitude"] == HERE["longitude"]


def test_a_repeat_is_the_same_place_and_other_content_another(home):
    first = home.add(id="p-1", **HERE)
    again = home.add(id="p-1", **HERE)
    other = home.add(id="p-1", address="elsewhere")

    assert (again.status_code, again.json["id"]) == (201, first.json["id"])
    assert (other.status_code, other.json["code"]) == (409, "id_taken")


@pytest.mark.parametrize(
    "content",
    [
        {"latitude": 31.0},
        {"latitude": 31.0, "longitude": None},
        {"latitude": 91, "longitude": 0},
        {"latitude": "NaN", "longitude": 0},
        {"address": " "},
        {"address": "x" * 501},
        {"address": "a\x00b"},
    ],
)
def test_what_is_no_place_is_refused(home, content):
    assert home.add(**content).status_code in (400, 422)


def test_nobody_is_met_in_hundreds_of_places(home):
    for _ in range(20):
        home.add()

    assert home.add().json["code"] == "too_many_places"


def test_the_only_choice_is_not_taken_back(home):
    place = home.add().json

    assert home.change(place, is_primary=False).status_code == 422
    stale = {"If-Match": '"9"'}
    reply = home.caller.patch(f"{home.path}/{place['id']}", json={"label": "x"}, headers=stale)
    assert (reply.status_code, reply.json["differs"]) == (412, ["label"])


def test_another_team_sees_and_changes_nothing(home, sign_in):
    place = home.add().json
    stranger = sign_in(make_staff(Role.MANAGER))

    assert stranger.get(home.path).status_code == 404
    assert stranger.post(home.path, json={"address": "x"}).status_code == 404
    assert stranger.delete(f"{home.path}/{place['id']}").status_code == 404
    of_another = f"/v1/customers/{make_customer().id}/places/{place['id']}"
    assert home.caller.delete(of_another).status_code == 404
