"""What a merge does to whoever stands around the two: receivers of handovers, key persons."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_api.accounts.models import Role, Team
from crm_api.customers.models import Customer
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.customers.test_handovers import hand_over, share, sweep
from tests.customers.test_handovers import undo as hand_back
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer
from tests.merging.factories import merged_into, undo

DAY = timedelta(days=1)


@pytest.fixture
def team(app, at, moment):
    at(moment)
    keep_default_policies(moment - 30 * DAY)
    return make_team()


@pytest.fixture
def owner(team):
    return make_staff(team=team)


@pytest.fixture
def manager(sign_in, team):
    return sign_in(make_staff(Role.MANAGER, team))


def read(customer):
    with transaction(read_only=True):
        return db.session.get(Customer, customer.id, populate_existing=True)


def test_who_was_to_be_handed_over_and_is_merged_stays_with_the_survivor(
    app, at, moment, manager, owner
):
    receiver = make_staff(team=make_team(id="beneath", parent=db.session.get(Team, owner.team_id)))
    survivor, merged = make_customer(owner), make_customer(owner)
    hand_over(manager, owner, share(receiver, merged), at=moment + DAY)
    merged_into(manager, survivor, merged)
    at(moment + DAY)

    sweep(app)

    assert [read(one).owner_id for one in (survivor, merged)] == [owner.id] * 2


def test_a_handover_taken_back_parts_nobody_from_their_survivor(manager, owner, team):
    receiver = make_staff(team=team)
    survivor, merged = make_customer(receiver), make_customer(owner)
    handover = hand_over(manager, owner, share(receiver, merged))
    merged_into(manager, survivor, merged)

    assert hand_back(manager, handover).json["customers"]["kept"] == 1

    assert [read(one).owner_id for one in (survivor, merged)] == [receiver.id] * 2


def test_key_persons_follow_the_group_that_goes_on(manager, owner):
    gone = make_customer(owner, kind="group", tier="diamond", name="虚构集团甲")
    kept = make_customer(owner, kind="group", tier="standard", name="虚构集团乙")
    person = make_customer(owner)
    link = {"kind": "key_person", "other_id": person.id, "role": "chief", "influence": "great"}
    assert manager.post(f"/v1/customers/{gone.id}/relations", json=link).status_code == 201
    tiers = [read(person).tier]

    made = merged_into(manager, kept, gone)
    tiers.append(read(person).tier)
    assert undo(manager, made["id"]).status_code == 200
    tiers.append(read(person).tier)

    assert tiers == ["diamond", "standard", "diamond"]


def test_the_network_knows_nobody_twice(manager, owner):
    survivor, merged, friend = (make_customer(owner) for _ in range(3))
    link = {"kind": "family", "other_id": friend.id}
    assert manager.post(f"/v1/customers/{merged.id}/relations", json=link).status_code == 201
    merged_into(manager, survivor, merged)

    around = manager.get(f"/v1/customers/{survivor.id}/network").json
    former = manager.get(f"/v1/customers/{merged.id}/network")

    assert {one["id"] for one in around["customers"]} == {survivor.id, friend.id}
    assert (former.status_code, former.json["code"]) == (308, "customer_merged")
