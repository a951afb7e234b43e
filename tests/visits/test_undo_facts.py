"""What was learned by mistake is taken back, and stays on record."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_api.kit.db import db
from crm_api.visits import queries as visits
from tests.factories.accounts import make_staff
from tests.factories.visits import a_record, made, planned, step

AMENDED = {
    "employer": "示范贸易",
    "interests": ["钓鱼"],
    "communication_style": "direct",
    "preferred_from": "09:30:00",
    "birth_on": "1980-05-06",
}


@pytest.fixture
def facts(field, at):
    """What a visit taught, by field."""
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    at(field.tomorrow)
    visit = made(field.caller, visit)
    content = a_record(
        visit,
        amendments=AMENDED,
        anniversaries=[{"kind": "wedding", "month": 8, "day": 15}],
        life_events=[{"kind": "promotion", "happened_on": "2026-03-01"}],
        confirmed_facts=["phone"],
    )
    assert step(field.caller, visit, "record", **content).status_code == 200
    return learned(field)


def learned(field):
    reply = field.caller.get(f"/v1/customers/{field.customer.id}/learned-facts")
    return {fact["field"]: fact for fact in reversed(reply.json["items"])}


def undo(caller, fact, reason="A mistake."):
    return caller.put(f"/v1/learned-facts/{fact['id']}/undoing", json={"reason": reason})


def test_the_profile_is_as_it_was(field, facts):
    before = {f["field"]: (f["before"], f["after"]) for f in facts.values()}

    replies = [undo(field.caller, fact) for fact in facts.values()]

    assert [r.status_code for r in replies] == [200] * len(facts)
    at_customer = f"/v1/customers/{field.customer.id}"
    profile = field.caller.get(f"{at_customer}/extended-profile").json
    assert (profile["employer"], profile["interests"]) == ("", [])
    assert (profile["communication_style"], profile["preferred_from"]) == (None, None)
    assert field.caller.get(at_customer).json["birth_on"] == before["birth_on"][0]
    assert field.caller.get(f"{at_customer}/life-events").json["items"] == []
    days = field.caller.get(f"{at_customer}/anniversaries").json["items"]
    assert [d for d in days if d["kind"] == "wedding"] == []
    kept = learned(field)
    assert {f["field"]: (f["before"], f["after"]) for f in kept.values()} == before
    assert {f["undone_by_id"] for f in kept.values()} == {field.owner.id}
    assert {f["place"] for f in kept.values()} == {"示范路 8 号"}


def test_what_was_told_again_since_is_not_taken_back(field, facts, at):
    later = []
    for n, employer in enumerate(("别处（虚构）", AMENDED["employer"]), 1):
        starts_at, own = field.tomorrow + timedelta(days=30 * n), [{"id": f"o-{n}", "text": "x"}]
        visit = planned(field.caller, field.customer, starts_at=starts_at, objectives=own)
        at(starts_at)
        content = a_record(made(field.caller, visit), amendments={"employer": employer})
        assert step(field.caller, visit, "record", **content).status_code == 200
        later.append(learned(field)["employer"])

    refused = undo(field.caller, facts["employer"])

    assert (refused.status_code, refused.json["code"]) == (409, "fact_overtaken")
    for fact in (*reversed(later), facts["employer"]):
        assert undo(field.caller, fact).status_code == 200


def test_said_twice_it_is_undone_once(field, facts):
    first = undo(field.caller, facts["employer"])
    again = undo(field.caller, facts["employer"])
    other = undo(field.caller, facts["employer"], reason="Another reason.")

    assert (again.status_code, again.json) == (200, first.json)
    assert (other.status_code, other.json["code"]) == (409, "fact_undone")


def test_what_was_learned_later_is_taken_back_first(field, facts):
    profile = f"/v1/customers/{field.customer.id}/extended-profile"
    version = field.caller.get(profile).headers["ETag"]
    later = field.caller.patch(profile, json={"employer": "别处"}, headers={"If-Match": version})
    assert later.status_code == 200, later.json
    [wedding] = [
        day
        for day in field.caller.get(f"/v1/customers/{field.customer.id}/anniversaries").json[
            "items"
        ]
        if day["kind"] == "wedding"
    ]
    url = f"/v1/customers/{field.customer.id}/anniversaries/{wedding['id']}"
    assert field.caller.delete(url).status_code == 204

    for name in ("employer", "anniversary:wedding"):
        reply = undo(field.caller, facts[name])
        assert (reply.status_code, reply.json["code"]) == (409, "fact_overtaken")


def test_a_confirmation_taken_back_counts_no_more(field, facts):
    before = visits.learned_at(field.customer.id)
    undo(field.caller, facts["phone"])
    db.session.rollback()

    assert set(before) - set(visits.learned_at(field.customer.id)) == {"phone"}


def test_a_stranger_undoes_nothing(field, facts, sign_in):
    assert undo(sign_in(make_staff()), facts["employer"]).status_code == 404
