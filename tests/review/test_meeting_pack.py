"""What a team goes through in the morning."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from crm_api.accounts.models import Role, Team
from crm_api.customers.terms import Status, Tier
from crm_api.kit.db import db
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer
from tests.factories.visits import a_record, made, plan, planned, step
from tests.support.field import field

__all__ = ["field"]
PACK = "/v1/review/meeting-pack"
LISTS = {
    "due_visits": "due-visits",
    "unclosed_visits": "unclosed-visits",
    "at_risk": "at-risk",
    "birthdays": "birthdays",
    "neglected": "neglected",
}
MONTH = timedelta(days=30)


@pytest.fixture
def team(field, sign_in):
    """The account manager's team, with a manager above it."""
    own = db.session.get(Team, field.owner.team_id)
    return SimpleNamespace(own=own, manager=sign_in(make_staff(Role.MANAGER, own)))


def pack(caller, **wanted):
    reply = caller.get(PACK, query_string=wanted)
    assert reply.status_code == 200, reply.json
    return reply.json


def ids(part):
    return [row["customer_id"] for row in part["items"]]


def test_the_visits_of_the_day_and_those_that_nobody_closed(field, team, at):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    other = make_customer(field.owner)
    gone = planned(field.caller, other, starts_at=field.tomorrow)
    step(field.caller, gone, "cancellation", by="us", reason="x")

    today, ahead = pack(team.manager), pack(team.manager, on="2026-03-04")
    at(field.tomorrow + timedelta(days=1))
    late = pack(team.manager)

    assert today["due_visits"]["count"] == 0
    assert [v["id"] for v in ahead["due_visits"]["items"]] == [visit["id"]]
    assert ahead["due_visits"]["items"][0]["owner_name"] == field.owner.name
    assert ahead["due_visits"]["items"][0]["customer_name"] == "虚**"
    assert [v["id"] for v in late["unclosed_visits"]["items"]] == [visit["id"]]


def test_who_is_at_risk_and_why(field, team, at):
    suspended = make_customer(field.owner, status=Status.SUSPENDED, tier=Tier.GOLD)
    make_customer(field.owner, status=Status.CLOSED, balance_fen=-1)
    make_customer(field.owner, balance_fen=-1, merged_into_id=suspended.id)
    ending = make_customer(
        field.owner, balance_fen=-100, contract_end_on=date(2026, 5, 6), tier=Tier.SUPREME
    )
    make_customer(field.owner, contract_end_on=date(2026, 5, 7), balance_fen=0)
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    at(field.tomorrow + timedelta(hours=2))
    step(field.caller, visit, "absence", absent="us", proof="Car broke down.")
    promise = {"customer_id": field.customer.id, "text": "Call.", "due_on": "2026-03-05"}
    assert field.caller.post("/v1/promises", json=promise).status_code == 201
    at(field.tomorrow + timedelta(days=3))

    found = pack(team.manager)["at_risk"]

    assert {row["customer_id"]: row["reasons"] for row in found["items"]} == {
        ending.id: ["in_arrears", "contract_ending"],
        suspended.id: ["suspended"],
        field.customer.id: ["promise_overdue", "left_waiting"],
    }
    assert ids(found) == [ending.id, suspended.id, field.customer.id]


@pytest.mark.parametrize(
    ("on", "birthdays", "born"),
    [
        ("2027-02-28", [(2, 28), (2, 29)], "solar"),
        ("2026-03-03", [(1, 15)], "lunar"),
        ("2026-03-02", [], "lunar"),
    ],
)
def test_birthdays_by_sun_and_moon(field, team, on, birthdays, born):
    for month, day in [(2, 28), (2, 29), (3, 1), (1, 15)]:
        customer = make_customer(field.owner)
        birthday = {"kind": "birthday", "calendar": born, "month": month, "day": day}
        url = f"/v1/customers/{customer.id}/anniversaries"
        assert field.caller.post(url, json=birthday).status_code == 201

    found = pack(team.manager, on=on)["birthdays"]

    assert sorted((row["month"], row["day"]) for row in found["items"]) == birthdays


def test_the_neglected_by_the_cadence_of_their_tier(field, team, at):
    dear = make_customer(field.owner, tier=Tier.SUPREME)
    plain = make_customer(field.owner, tier=Tier.STANDARD)

    at(field.now + timedelta(days=45))
    on_time = pack(team.manager)["neglected"]
    at(field.now + timedelta(days=46))
    late = pack(team.manager)["neglected"]

    assert (ids(on_time), ids(late)) == ([], [dear.id])
    assert late["items"][0]["days_silent"] == 46
    assert late["items"][0]["last_two_way_at"] is None
    assert plain.id not in ids(late)


def test_what_the_last_working_day_taught(field, team, at):
    friday = field.now + timedelta(days=3)
    visit = planned(field.caller, field.customer, starts_at=friday)
    at(friday)
    content = a_record(made(field.caller, visit), went_well="听完再说", next_time="少带资料")
    assert step(field.caller, visit, "record", **content).status_code == 200
    at(friday + timedelta(days=3))

    monday = pack(team.manager)
    tuesday = pack(team.manager, on="2026-03-10")

    assert [lesson["went_well"] for lesson in monday["lessons"]["items"]] == ["听完再说"]
    assert (monday["lessons"]["count"], tuesday["lessons"]["count"]) == (1, 0)


def test_each_number_is_that_of_its_list(field, team, at):
    for day in range(23):
        make_customer(field.owner, status=Status.SUSPENDED, id=f"c{day:02}")
    at(field.now + timedelta(days=400))
    shown = pack(team.manager)

    for name, path in LISTS.items():
        listed, cursor = [], None
        while True:
            wanted = {"limit": 7} | ({"cursor": cursor} if cursor else {})
            page = team.manager.get(f"{PACK}/{path}", query_string=wanted).json
            listed, cursor = listed + page["items"], page["next_cursor"]
            if cursor is None:
                break
        assert len(listed) == shown[name]["count"], name
        assert listed[:20] == shown[name]["items"], name
    assert shown["at_risk"]["count"] == 23
    assert shown["neglected"]["count"] == 24
    more = shown["at_risk"]["next_cursor"]
    rest = team.manager.get(f"{PACK}/at-risk", query_string={"cursor": more}).json
    assert len(rest["items"]) == 3


def test_everybody_sees_the_own_part_and_no_other_team(field, team, sign_in, at):
    colleague = make_staff(team=team.own)
    theirs = make_customer(colleague, status=Status.SUSPENDED)
    make_customer(field.owner, status=Status.SUSPENDED)
    stranger = make_staff(Role.MANAGER, make_team())

    assert ids(pack(sign_in(colleague))["at_risk"]) == [theirs.id]
    assert pack(team.manager)["at_risk"]["count"] == 2
    assert pack(sign_in(stranger))["at_risk"]["count"] == 0
    for path in ("", *(f"/{path}" for path in LISTS.values())):
        other = sign_in(stranger).get(f"{PACK}{path}", query_string={"team_id": team.own.id})
        assert other.status_code == 404
    beneath = make_staff(team=make_team(parent=team.own))
    make_customer(beneath, status=Status.SUSPENDED)
    assert pack(team.manager)["at_risk"]["count"] == 3
    assert pack(team.manager, team_id=beneath.team_id)["at_risk"]["count"] == 1


def test_days_out_of_reach_are_refused(field, team):
    for on in ("2199-01-01", "1900-01-01"):
        assert team.manager.get(PACK, query_string={"on": on}).status_code == 422


def test_it_costs_the_same_for_few_and_many(field, team, at, count_statements):
    costs = []
    for day in range(1, 3):
        for number in range(day * 4):
            customer = make_customer(field.owner, status=Status.SUSPENDED)
            starts_at = field.now + timedelta(days=day, minutes=number)
            assert plan(field.caller, customer, starts_at=starts_at).status_code == 201
        with count_statements() as statements:
            pack(team.manager, on=(field.now + timedelta(days=day)).date().isoformat())
        costs.append(statements.count)

    assert costs[0] == costs[1] <= 20
