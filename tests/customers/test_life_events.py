"""What happens to a customer once, and how we know."""

from datetime import date

import pytest

from crm_api.customers.models import LifeEvent
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer

NEW_HOME = {"kind": "new_home", "label": "乔迁江边", "happened_on": "2026-03-01"}


@pytest.fixture
def owner(app):
    return make_staff()


@pytest.fixture
def caller(sign_in, owner):
    return sign_in(owner)


@pytest.fixture
def path(owner):
    return f"/v1/customers/{make_customer(owner).id}/life-events"


def test_an_event_is_noted_with_who_learned_of_it(caller, owner, path):
    event = caller.post(path, json=NEW_HOME)

    assert event.status_code == 201
    assert (event.json["by_id"], event.json["visit_id"]) == (owner.id, None)
    assert caller.get(path).json["items"] == [event.json]


def test_the_same_event_twice_is_one(caller, path):
    mine = {**NEW_HOME, "id": "my-event"}

    assert caller.post(path, json=mine).json == caller.post(path, json=mine).json
    other = caller.post(path, json={**mine, "label": "another"})
    assert (other.status_code, other.json["code"]) == (409, "id_taken")


def test_another_date_is_learned_today(caller, path):
    event = caller.post(path, json=NEW_HOME).json
    with transaction():
        db.session.get(LifeEvent, event["id"]).noted_on = date(2026, 2, 1)

    one = f"{path}/{event['id']}"
    quiet = caller.patch(one, json={"is_greeted": False}, headers={"If-Match": '"2"'}).json
    moved = caller.patch(one, json={"happened_on": "2026-03-02"}, headers={"If-Match": '"3"'})

    assert quiet["noted_on"] == "2026-02-01"
    assert moved.json["noted_on"] == event["noted_on"]
    assert caller.patch(one, json={}, headers={"If-Match": '"1"'}).status_code == 412


def test_what_was_noted_by_mistake_is_taken_back(caller, path):
    event = caller.post(path, json=NEW_HOME).json

    assert caller.delete(f"{path}/{event['id']}").status_code == 204
    assert caller.get(path).json["items"] == []
