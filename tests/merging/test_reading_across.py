"""What happened never moves: it keeps whom it happened to, and is read with the survivor's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_api.accounts.models import Role
from crm_api.contact_frequency.queries.auditing import find_breaches
from crm_api.contact_history import service as contact_history
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer
from tests.factories.visits import a_record, made, planned, step
from tests.merging.factories import merged_into, undo


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


def ok(reply):
    assert reply.status_code in (200, 201), reply.text
    return reply.json


def contact(customer, caller, at, **changes):
    content = {
        "occurred_at": at.isoformat(),
        "channel": "call",
        "direction": "outbound",
        "category": "service",
        "purpose": "bond",
        "outcome": "reached",
        "summary": "All is well.",
        **changes,
    }
    return ok(caller.post(f"/v1/customers/{customer.id}/contacts", json=content))


@pytest.fixture
def pair(caller, owner, moment):
    """Two records of one customer, each with a call of its own, merged."""
    survivor, merged = make_customer(owner), make_customer(owner)
    contact(survivor, caller, moment - timedelta(days=9))
    contact(merged, caller, moment - timedelta(days=2))
    return survivor, merged, merged_into(caller, survivor, merged)


def test_the_history_of_both_is_read_as_one(caller, pair, moment):
    survivor, merged, merge = pair
    path = f"/v1/customers/{survivor.id}"

    told = ok(caller.get(f"{path}/contacts"))["items"]
    glance = ok(caller.get(f"{path}/overview"))
    facts = ok(caller.get(f"{path}/contact-facts"))

    assert [one["customer_id"] for one in told] == [merged.id, survivor.id]
    assert [one["id"] for one in glance["contacts"]] == [one["id"] for one in told]
    latest = (moment - timedelta(days=2)).isoformat().replace("+00:00", "Z")
    assert facts["last_two_way_at"] == glance["facts"]["last_two_way_at"] == latest
    assert len(ok(caller.get(f"/v1/contacts?customer_id={survivor.id}"))["items"]) == 2
    assert len(ok(caller.get(f"/v1/contact-decisions?customer_id={survivor.id}"))["items"]) == 2
    assert caller.get(f"/v1/contacts/{told[0]['id']}").status_code == 200
    ok(undo(caller, merge["id"]))
    assert [one["customer_id"] for one in ok(caller.get(f"{path}/contacts"))["items"]] == [
        survivor.id
    ]
    alone = ok(caller.get(f"{path}/contact-facts"))["last_two_way_at"]
    assert alone == (moment - timedelta(days=9)).isoformat().replace("+00:00", "Z")


def test_both_chains_still_verify(caller, pair, moment):
    survivor, merged, _merge = pair
    late = contact(merged, caller, moment - timedelta(hours=1))
    assert late["contact"]["customer_id"] == survivor.id
    [first] = [
        one
        for one in ok(caller.get(f"/v1/customers/{survivor.id}/contacts"))["items"]
        if one["customer_id"] == merged.id
    ]
    mended = {"summary": "All is well, she said.", "reason": "A slip."}
    ok(caller.post(f"/v1/contacts/{first['id']}/corrections", json=mended))

    with transaction(read_only=True):
        chains = list(contact_history.verify_chains())

    assert [chain.broken_at for chain in chains] == [None] * len(chains)
    assert {c.customer_id: c.length for c in chains} == {survivor.id: 2, merged.id: 2}


def test_what_happened_to_one_counts_for_the_other(caller, owner, moment):
    survivor, merged = make_customer(owner), make_customer(owner)
    contact(merged, caller, moment - timedelta(hours=2))
    budget = f"/v1/customers/{survivor.id}/contact-budget?channel=call"
    before = ok(caller.get(budget))["verdict"]

    merged_into(caller, survivor, merged)

    assert (before, ok(caller.get(budget))["verdict"]) == ("allowed", "blocked")


def plans_of(caller, customer):
    return ok(caller.get(f"/v1/contact-reservations?customer_id={customer.id}"))["items"]


def test_plans_that_stand_too_close_by_a_merge_are_marked_and_no_breach(caller, owner, moment, at):
    survivor, merged = make_customer(owner), make_customer(owner)
    for hours, customer in ((48, survivor), (50, merged)):
        call = {"customer_id": customer.id, "channel": "call", "category": "service"}
        call["at"] = (moment + timedelta(hours=hours)).isoformat()
        ok(caller.post("/v1/contact-reservations", json=call))
    at(moment + timedelta(minutes=5))

    merge = merged_into(caller, survivor, merged)

    plans = plans_of(caller, survivor)
    assert [one["customer_id"] for one in plans] == [survivor.id] * 2
    assert any(one["needs_new_plan"] for one in plans)
    with transaction(read_only=True):
        assert find_breaches() == []
    ok(undo(caller, merge["id"]))
    plans = [*plans_of(caller, survivor), *plans_of(caller, merged)]
    assert [one["needs_new_plan"] for one in plans] == [False, False]


def test_a_visit_made_since_stays_with_the_survivor_when_the_merge_is_undone(caller, owner, moment):
    survivor, merged = make_customer(owner), make_customer(owner)
    soon, later = moment, moment + timedelta(days=9)
    visits = [planned(caller, merged, starts_at=at, objectives=[]) for at in (soon, later)]
    merge = merged_into(caller, survivor, merged)
    visit = made(caller, visits[0])
    ok(step(caller, visit, "record", **a_record(visit)))

    ok(undo(caller, merge["id"]))

    whose = [ok(caller.get(f"/v1/visits/{one['id']}"))["customer_id"] for one in visits]
    assert whose == [survivor.id, merged.id]


def test_what_was_merged_goes_with_its_survivor_to_a_new_owner(caller, pair, team, sign_in):
    survivor, merged, _merge = pair
    heir, manager = make_staff(team=team), make_staff(Role.MANAGER, team)
    to_heir = {"owner_id": heir.id, "reason": "A new district."}
    ok(sign_in(manager).put(f"/v1/customers/{survivor.id}/owner", json=to_heir))

    told = ok(sign_in(heir).get(f"/v1/customers/{survivor.id}/contacts"))["items"]

    assert len(told) == 2
    assert sign_in(heir).get(f"/v1/customers/{merged.id}").json["merged_into_id"] == survivor.id
    assert caller.get(f"/v1/contacts/{told[0]['id']}").status_code == 404
