"""What managers see of a day before it goes out."""

from datetime import timedelta

import pytest

from crm_api.accounts.models import Role
from crm_api.care.models import PlanRefusal, PlanRun
from crm_api.care.terms import MessageState, Occasion
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.care_approval.conftest import TODAY
from tests.care_gateway.factories import MORNING, make_message
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer


@pytest.fixture
def shown(sign_in):
    def shown(manager, path="", **query):
        reply = sign_in(manager).get(f"/v1/care-days/{TODAY}{path}", query_string=query)
        assert reply.status_code == 200, reply.json
        return reply.json

    return shown


def test_a_day_is_shown_by_the_teams_beneath(district, shown, rule):
    crew = make_team(parent=district.cities[0])
    below = make_message(make_customer(make_staff(team=crew)), text="【演示通信】" + "好" * 150)
    rule(district.leaders[0])

    day = shown(district.chief)

    assert (day["messages"], day["segments"], day["held"]) == (3, 5, 2)
    found = {(line["team_id"], line["messages"], line["held"]) for line in day["waiting"]}
    assert found == {(district.cities[0].id, 2, 2), (district.cities[1].id, 1, 0)}
    assert all(line["sample_text"].startswith("【演示通信】") for line in day["waiting"])
    inside = shown(district.chief, team_id=district.cities[0].id)
    assert {(line["team_id"], line["segments"]) for line in inside["waiting"]} == {
        (district.cities[0].id, 1),
        (crew.id, below.segments),
    }


def test_a_leader_sees_the_own_team_only(district, shown, sign_in):
    first, second = district.leaders

    assert shown(first)["messages"] == 1
    path = f"/v1/care-days/{TODAY}?team_id={district.cities[0].id}"
    assert sign_in(second).get(path).status_code == 404


def test_what_went_out_waits_no_more(district, shown):
    with transaction():
        message = db.session.merge(district.messages[0])
        message.state = MessageState.SUBMITTED

    assert shown(district.chief)["messages"] == 1


def test_the_messages_behind_a_number_are_listed(district, shown, rule, sign_in):
    rule(district.chief, message_id=district.messages[0].id)

    def ids(**query):
        reply = sign_in(district.chief).get(
            "/v1/care-messages", query_string={"on": TODAY.isoformat(), **query}
        )
        return {item["id"] for item in reply.json["items"]}

    held, free = (message.id for message in district.messages)
    assert ids(team_id=district.province.id) == {held, free}
    assert ids(is_held="true") == {held}
    assert ids(is_held="false") == {free}


def test_who_gets_nothing_is_counted(district, shown):
    customer = db.session.get(type(district.messages[0]), district.messages[0].id).customer_id
    with transaction():
        db.session.add(
            PlanRefusal(
                occurrence="festival:x:2026:1",
                on_day=TODAY,
                occasion=Occasion.FESTIVAL,
                customer_id=customer,
                reason="opted_out",
                reasons_digest="x",
                decision_id=None,
                created_at=MORNING,
            )
        )

    (line,) = shown(district.chief)["refused"]
    assert (line["team_id"], line["reason"], line["count"]) == (
        district.cities[0].id,
        "opted_out",
        1,
    )


def test_who_holds_is_told_by_level(district, shown, rule):
    city, message = district.cities[0], district.messages[0]
    rule(district.chief)
    rule(district.chief, occasion="birthday")
    rule(district.leaders[0])
    rule(make_staff(Role.ADMIN, district.cities[1]), message_id=message.id)

    def held_by(manager):
        return [
            (line["team_name"], line["is_from_above"], line["messages"])
            for line in shown(manager)["held_by"]
        ]

    own, other = (city.name, False, 1), district.cities[1].name
    assert sorted(held_by(district.leaders[0])) == sorted(
        [(district.province.name, True, 1), own, (other, False, 1)]
    )
    assert held_by(district.leaders[1]) == [(district.province.name, True, 1)]
    assert held_by(district.chief)[0] == (district.province.name, False, 2)


def test_what_is_held_by_nobody_has_no_level(district, shown, rule, lift):
    lift(district.chief, rule(district.chief).json)
    rule(district.chief, kind="approval")
    rule(district.chief, on=TODAY + timedelta(days=1))

    assert shown(district.chief)["held_by"] == []


def test_those_at_the_top_see_the_runs(app, sign_in, now):
    with transaction():
        db.session.add(
            PlanRun(id="run", created_at=now, worker="host:1", first_on=TODAY, days=46, planned=7)
        )

    for role in (Role.ADMIN, Role.AUDITOR):
        (run,) = sign_in(make_staff(role)).get("/v1/care-plan-runs").json["items"]
        assert (run["planned"], run["days"], run["ended_at"]) == (7, 46, None)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ACCOUNT_MANAGER])
def test_who_leads_a_team_does_not_see_how_many_the_whole_has(app, sign_in, role):
    refused = sign_in(make_staff(role)).get("/v1/care-plan-runs")

    assert (refused.status_code, refused.json["code"]) == (403, "forbidden_role")
