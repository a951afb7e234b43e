"""What managers hold does not go out, whatever was planned or leased before or is after."""

import dataclasses
from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api import config
from crm_api.accounts.models import Role
from crm_api.audit.models import AuditEntry
from crm_api.care.models import CareMessage
from crm_api.care.service import messages as outbox
from crm_api.care.terms import MessageState, Occasion
from crm_api.customers.models import Customer
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.care_approval.conftest import TODAY
from tests.care_gateway.factories import EVENING, MORNING, later, make_message, slot_state, stored
from tests.factories.accounts import make_staff
from tests.factories.care import make_template
from tests.factories.customers import make_customer


def made(reply):
    assert reply.status_code == 201, reply.json
    return reply.json


def taken(gateway):
    """Lease and begin; return the ids of what may go out."""
    return {message["id"] for message in gateway.begun()}


def test_all_of_a_day_is_held_within_the_team(gateway, district, rule):
    made(rule(district.leaders[0]))

    assert taken(gateway) == {district.messages[1].id}
    assert stored(district.messages[0]).state is MessageState.QUEUED


def test_a_hold_covers_the_teams_beneath(gateway, district, rule):
    made(rule(district.chief))

    assert gateway.lease() == []


def test_one_message_is_held(gateway, district, rule):
    held, free = district.messages
    made(rule(district.chief, message_id=held.id))

    assert taken(gateway) == {free.id}


def test_those_of_a_segment_are_held_and_it_stays_as_it_was_meant(gateway, district, rule, sign_in):
    held, free = district.messages
    lead = sign_in(district.chief)
    wanted = {"name": "x", "criteria": {"team_id": district.cities[0].id}}
    segment = made(lead.post("/v1/segments", json=wanted))
    ruling = made(rule(district.chief, segment_id=segment["id"]))
    late = make_message(make_customer(make_staff(team=district.cities[0])))

    assert ruling["segment_id"] == segment["id"]
    assert taken(gateway) == {free.id, late.id}  # who came later was not meant
    assert stored(held).state is MessageState.QUEUED
    refused = lead.delete(f"/v1/segments/{segment['id']}")
    assert (refused.status_code, refused.json["code"]) == (409, "segment_in_use")
    stranger = make_staff(Role.MANAGER, district.cities[1])
    wanted = {"name": "y", "criteria": {}, "is_shared": False}
    private = made(lead.post("/v1/segments", json=wanted))
    assert rule(stranger, segment_id=private["id"]).status_code == 404
    both = rule(district.chief, segment_id=segment["id"], message_id=free.id)
    assert both.status_code == 422


def test_one_message_is_held_wherever_its_customer_belongs(gateway, district, rule):
    held, free = district.messages
    made(rule(make_staff(Role.ADMIN, district.cities[1]), message_id=held.id))

    assert taken(gateway) == {free.id}


@pytest.mark.parametrize("named", ["occasion", "template_id"])
def test_some_messages_are_held(gateway, district, rule, named):
    template = make_template(Occasion.FESTIVAL, "mid_autumn")
    other = make_message(
        make_customer(),
        occasion=Occasion.FESTIVAL,
        template_id=template.id,
        occurrence="festival:mid_autumn:2026:x",
    )
    admin = make_staff(Role.ADMIN, district.province)
    what = {"occasion": "birthday", "template_id": district.messages[0].template_id}
    made(rule(admin, **{named: what[named]}))

    assert taken(gateway) == {other.id}, "the other team is not the province's either"


def test_a_text_for_two_occasions_is_held_with_either(gateway, district, rule):
    both = make_template(
        also_occasion=Occasion.FESTIVAL,
        also_festival_key="mid_autumn",
        text="【演示通信】{salutation}，生日快乐，佳节安康！拒收请回复R",
    )
    with transaction():
        message = db.session.get(CareMessage, district.messages[0].id)
        message.template_id = both.id
    made(rule(district.chief, occasion="festival"))

    assert taken(gateway) == {district.messages[1].id}


def test_what_is_leased_already_is_put_back(gateway, district, rule, lift):
    leased = {m["id"]: m for m in gateway.lease()}
    ruling = made(rule(district.leaders[0]))
    held, free = (leased[message.id] for message in district.messages)

    assert gateway.begin(held, free) == ["held", "submitting"]
    message = stored(held)
    assert (message.state, message.idle_leases) == (MessageState.QUEUED, 0)
    assert gateway.lease() == []
    assert lift(district.leaders[0], ruling).status_code == 200
    assert taken(gateway) == {held["id"]}


def test_it_covers_what_is_planned_later(gateway, district, rule):
    made(rule(district.leaders[0]))

    late = make_message(make_customer(make_staff(team=district.cities[0])))

    assert late.id not in taken(gateway)


def test_another_days_messages_go_out(gateway, district, rule):
    made(rule(district.chief, on=TODAY + timedelta(days=1)))

    assert len(taken(gateway)) == 2


def test_two_holds_are_lifted_one_by_one(gateway, district, rule, lift):
    all_of_it = made(rule(district.chief))
    made(rule(district.leaders[0]))
    lift(district.chief, all_of_it)

    assert taken(gateway) == {district.messages[1].id}


def test_it_ends_with_its_day_for_a_reason(gateway, district, rule, at):
    made(rule(district.leaders[0]))
    at(EVENING)
    with transaction():
        assert outbox.expire_messages(now=EVENING) == 2

    held, late = map(stored, district.messages)
    assert (held.state, held.reason) == (MessageState.EXPIRED, "held_past_its_window")
    assert (late.state, late.reason) == (MessageState.EXPIRED, "missed_its_window")
    assert slot_state(held) == slot_state(late) == "expired"


def test_nobody_rules_about_another_team(district, rule, lift):
    first, second = district.leaders
    ruling = made(rule(first))

    assert rule(second, team_id=district.cities[0].id).status_code == 404
    assert rule(second, team_id=district.province.id).status_code == 404
    assert rule(second, message_id=district.messages[0].id).status_code == 404
    assert lift(second, ruling).status_code == 404
    assert lift(district.chief, ruling).status_code == 200


def test_a_message_of_another_day_is_not_named(district, rule):
    tomorrow = TODAY + timedelta(days=1)

    assert rule(district.chief, message_id=district.messages[0].id, on=tomorrow).status_code == 404


def test_a_day_that_is_over_is_not_ruled_about(district, rule, lift, at):
    ruling = made(rule(district.chief))
    at(MORNING + timedelta(days=1))

    assert rule(district.chief).json["code"] == "care_day_over"
    assert lift(district.chief, ruling).json["code"] == "care_day_over"


def test_lifting_twice_is_lifting_once(district, rule, lift):
    ruling = made(rule(district.chief))

    assert lift(district.chief, ruling).json == lift(district.chief, ruling).json
    assert lift(district.chief, ruling, reason="other").json["code"] == "ruling_lifted"


def test_who_when_and_why_is_kept(district, rule, lift):
    lift(district.chief, made(rule(district.chief, occasion="birthday")))

    db.session.rollback()
    trail = db.session.scalars(
        sa.select(AuditEntry)
        .where(AuditEntry.subject_kind == "care_day_ruling")
        .order_by(AuditEntry.id)
    ).all()
    assert [(e.action, e.by_id) for e in trail] == [
        ("care_day.hold", district.chief.id),
        ("care_day.hold_lifted", district.chief.id),
    ]
    assert [e.details["reason"] for e in trail] == ["文字有误", "已核对"]
    assert trail[0].details["occasion"] == "birthday"


def test_rulings_are_listed_to_those_who_lead_the_team(district, rule, lift, sign_in):
    one, two = made(rule(district.leaders[0])), made(rule(district.chief))
    lift(district.chief, two)
    path = f"/v1/care-days/{TODAY}/rulings"

    def listed(manager, **query):
        reply = sign_in(manager).get(path, query_string=query)
        return [item["id"] for item in reply.json["items"]]

    assert listed(district.chief) == [one["id"], two["id"]]
    assert listed(district.chief, in_force="true") == [one["id"]]
    assert listed(district.chief, kind="approval") == []
    assert listed(district.leaders[0]) == [one["id"], two["id"]]
    assert listed(district.leaders[1]) == [two["id"]]


def test_whose_messages_are_held_from_above_learns_why_and_by_whom(district, rule, lift, sign_in):
    path = f"/v1/care-days/{TODAY}/rulings"
    made(rule(district.leaders[0]))
    above = made(rule(district.chief, reason="全省哀悼"))

    _, shown = sign_in(district.leaders[0]).get(path).json["items"]
    assert (shown["reason"], shown["is_from_above"]) == ("全省哀悼", True)
    assert (shown["team_name"], shown["by_name"]) == (district.province.name, district.chief.name)
    own, shown = sign_in(district.chief).get(path).json["items"]
    assert (own["is_from_above"], shown["is_from_above"]) == (False, False)
    refused = lift(district.leaders[0], above)
    assert (refused.status_code, refused.json["code"]) == (403, "ruling_from_above")
    assert refused.json["team_id"] == district.province.id


def test_a_hold_on_one_message_is_told_to_those_who_see_its_customer(district, rule, lift, sign_in):
    path = f"/v1/care-days/{TODAY}/rulings"
    named = district.messages[0].id
    held = made(rule(district.chief, message_id=named))
    elsewhere = made(rule(make_staff(Role.ADMIN, district.cities[1]), message_id=named))

    seen, made_there = (sign_in(leader).get(path).json["items"] for leader in district.leaders)

    told = [(ruling["id"], ruling["is_from_above"]) for ruling in seen]
    assert told == [(held["id"], True), (elsewhere["id"], False)]
    assert [ruling["id"] for ruling in made_there] == [elsewhere["id"]]
    first, second = district.leaders
    assert lift(second, held).status_code == 404
    assert lift(first, held).json["code"] == "ruling_from_above"
    assert lift(first, elsewhere).status_code == 200, "it is beside"


@pytest.mark.parametrize("place", [0, 1])
def test_a_hold_on_one_message_is_lifted_where_its_customer_was_and_is(
    district, rule, lift, sign_in, place
):
    held = district.messages[0]
    ruling = made(rule(district.leaders[0], message_id=held.id))
    with transaction():
        customer = db.session.get(Customer, held.customer_id)
        customer.team_id = district.cities[1].id
        customer.owner_id = make_staff(team=district.cities[1]).id
    path = f"/v1/care-days/{TODAY}"

    lifting = sign_in(district.leaders[place])
    (shown,) = lifting.get(f"{path}/rulings").json["items"]
    assert (shown["id"], shown["is_from_above"]) == (ruling["id"], False)
    (beside,) = sign_in(district.leaders[1]).get(path).json["held_by"]
    assert (beside["team_id"], beside["is_from_above"]) == (district.cities[0].id, False)
    assert lift(district.leaders[place], ruling).status_code == 200


class TestWhereADayNeedsApproval:
    @pytest.fixture(autouse=True)
    def asked_for(self, app):
        config.configure(dataclasses.replace(config.current(), care_needs_approval=True))

    def test_nothing_goes_out_unapproved(self, gateway, district, rule):
        assert gateway.lease() == []
        made(rule(district.leaders[0], kind="approval"))

        assert taken(gateway) == {district.messages[0].id}

    def test_an_approval_may_be_taken_back(self, gateway, district, rule, lift):
        ruling = made(rule(district.chief, kind="approval"))
        leased = gateway.lease()
        lift(district.chief, ruling)

        assert gateway.begin(*leased) == ["held", "held"]

    def test_a_hold_goes_before_an_approval(self, gateway, district, rule):
        made(rule(district.chief, kind="approval"))
        made(rule(district.leaders[0]))

        assert taken(gateway) == {district.messages[1].id}

    def test_what_nobody_approved_ends_with_its_day(self, district, at):
        at(EVENING)
        with transaction():
            outbox.expire_messages(now=later(EVENING))

        assert stored(district.messages[0]).reason == "held_past_its_window"


def test_what_has_begun_is_not_said_to_be_held(gateway, district, rule):
    gone = district.messages[0].id
    gateway.begun()

    reply = rule(district.chief, message_id=gone)

    assert (reply.status_code, reply.json["code"]) == (409, "message_moved_on")


def test_who_holds_a_day_says_whose(district, sign_in):
    body = {"kind": "hold", "reason": "文字有误"}

    reply = sign_in(district.chief).post(f"/v1/care-days/{TODAY}/rulings", json=body)

    assert reply.status_code == 422
    assert [error["pointer"] for error in reply.json["errors"]] == ["/team_id"]
