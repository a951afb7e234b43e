"""The governor over HTTP: who may ask, and what the answer tells."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_api.accounts.models import Role
from crm_api.contact_frequency import service as contact_frequency
from crm_api.customers.terms import Channel
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_frequency import in_transaction, make_plan, reserve
from tests.factories.customers import make_customer
from tests.support.statements import counting

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def owner(now):
    return make_staff()


@pytest.fixture
def mine(owner):
    return make_customer(owner)


@pytest.fixture
def caller(sign_in, owner):
    return sign_in(owner)


def wanted(customer, at, **changes):
    facts = {"channel": "call", "category": "service", **changes}
    return {"customer_id": customer.id, "at": at.isoformat(), **facts}


def test_the_budget_says_yes_now(caller, mine):
    reply = caller.get(f"/v1/customers/{mine.id}/contact-budget")

    assert reply.status_code == 200
    assert reply.json["verdict"] == "allowed"
    assert reply.json["reasons"] == []


def test_the_budget_says_why_not_and_when(caller, mine, now):
    reserve(make_plan(mine, now + HOUR))

    reply = caller.get(f"/v1/customers/{mine.id}/contact-budget?channel=wechat&category=care")

    assert reply.json["verdict"] == "blocked"
    [reason] = reply.json["reasons"]
    assert reason["policy_key"] == "gap_24_hours"
    assert reason["is_binding"] is True
    assert reason["message_zh"].endswith("。")
    assert reply.json["next_allowed_at"] == "2026-03-04T03:00:00Z"
    assert {c["channel"] for c in reply.json["other_channels"]} == {"visit", "call", "sms", "email"}


def test_a_colleagues_customer_does_not_exist(sign_in, mine, now):
    stranger = sign_in(make_staff())

    assert stranger.get(f"/v1/customers/{mine.id}/contact-budget").status_code == 404
    assert (
        stranger.post("/v1/contact-preflights", json={"plans": [wanted(mine, now)]}).status_code
        == 404
    )
    assert stranger.post("/v1/contact-reservations", json=wanted(mine, now)).status_code == 404


def test_nor_does_one_who_was_planned_with_before(sign_in, caller, mine, now):
    """One statement finds and locks whose lock is made: it has to look whose customer that is."""
    caller.post("/v1/contact-reservations", json=wanted(mine, now + HOUR))

    for colleague in (make_staff(), make_staff(Role.MANAGER, make_team())):
        asked = wanted(mine, now + 3 * DAY, endpoint=mine.phone)
        assert sign_in(colleague).post("/v1/contact-reservations", json=asked).status_code == 404

    planned = caller.get(f"/v1/contact-reservations?customer_id={mine.id}").json["items"]
    assert len(planned) == 1


def test_a_days_plans_are_checked_in_one_call(caller, owner, mine, now):
    other = make_customer(owner)
    reserve(make_plan(mine, now + HOUR))

    reply = caller.post(
        "/v1/contact-preflights",
        json={"plans": [wanted(mine, now + 2 * HOUR), wanted(other, now + 2 * HOUR)]},
    )

    assert [item["verdict"] for item in reply.json["items"]] == ["blocked", "allowed"]


def test_a_call_is_reserved_and_given_back(caller, mine, now):
    made = caller.post("/v1/contact-reservations", json=wanted(mine, now + HOUR))
    assert made.status_code == 201
    assert made.json["state"] == "reserved"
    assert mine.phone not in made.text

    path = f"/v1/contact-reservations/{made.json['id']}"
    first = caller.put(f"{path}/release", json={"reason": "customer is away"})
    again = caller.put(f"{path}/release", json={"reason": "customer is away"})

    assert first.json["state"] == again.json["state"] == "released"
    assert caller.get(path).json["reason"] == "customer is away"


def test_a_reservation_takes_four_statements(caller, mine, backend, now):
    """Who asks; the locks of who is reached; what bears on it; what is written."""
    caller.post("/v1/contact-reservations", json=wanted(mine, now + HOUR))  # its locks are made

    with counting() as statements:
        made = caller.post("/v1/contact-reservations", json=wanted(mine, now + 3 * DAY))

    assert made.status_code == 201
    # SQLite, where they cost little, is asked one by one whom it reaches, and writes each table.
    assert statements.count == {"postgres": 4, "sqlite": 8}[backend]


def test_a_blocked_call_is_told_everything(caller, mine, now):
    caller.post("/v1/contact-reservations", json=wanted(mine, now + HOUR))

    reply = caller.post("/v1/contact-reservations", json=wanted(mine, now + 2 * HOUR))

    assert reply.status_code == 409
    assert reply.json["code"] == "contact_blocked"
    assert reply.json["next_allowed_at"] == "2026-03-04T03:00:00Z"
    assert {r["code"] for r in reply.json["decision"]["reasons"]} == {"gap_too_short"}
    listed = caller.get(f"/v1/contact-decisions?customer_id={mine.id}").json["items"]
    assert [d["verdict"] for d in listed] == ["blocked", "allowed"]
    shown = caller.get(f"/v1/contact-decisions/{listed[0]['id']}").json
    assert shown["decision"] == reply.json["decision"]


def test_an_id_of_ones_own_makes_a_repeat_a_repeat(caller, mine, now):
    body = {"id": "offline-1", **wanted(mine, now + HOUR)}

    first = caller.post("/v1/contact-reservations", json=body)
    again = caller.post("/v1/contact-reservations", json=body)
    other = caller.post("/v1/contact-reservations", json={**body, "category": "complaint"})

    assert first.json == again.json
    assert other.status_code == 409
    assert other.json["code"] == "id_taken"


def test_a_reservation_moves_or_stays(caller, mine, now):
    path = f"/v1/contact-reservations/{_reserve(caller, mine, now + HOUR)}/moment"
    _reserve(caller, mine, now + 3 * DAY)

    moved = caller.put(path, json={"at": (now + 2 * HOUR).isoformat()})
    stays = caller.put(path, json={"at": (now + 3 * DAY + HOUR).isoformat()})

    assert moved.json["effective_at"] == "2026-03-03T04:00:00Z"
    assert stays.status_code == 409


def _reserve(caller, customer, at):
    return caller.post("/v1/contact-reservations", json=wanted(customer, at)).json["id"]


@pytest.mark.parametrize("channel", ["visit", "sms"])
def test_visits_and_messages_reserve_their_own(caller, mine, now, channel):
    reply = caller.post("/v1/contact-reservations", json=wanted(mine, now + HOUR, channel=channel))

    assert reply.status_code == 422


def test_somebody_else_sees_when_but_never_what(sign_in, mine, now):
    reserve(make_plan(mine, now + HOUR, source="visit:secret-visit"))
    neighbour = make_staff()
    same_number = make_customer(neighbour, phone=mine.phone)

    reply = sign_in(neighbour).get(f"/v1/customers/{same_number.id}/contact-budget?channel=call")

    [reason] = reply.json["reasons"]
    assert set(reason["counted"][0]) == {"slot_id", "channel", "category", "at"}
    assert mine.id not in reply.text
    assert mine.phone not in reply.text


def test_the_policies_we_ship_are_listed(caller):
    items = caller.get("/v1/frequency-policies").json["items"]

    assert "total_7_days" in {item["key"] for item in items}
    assert next(i for i in items if i["key"] == "total_7_days")["in_force"]["rule"]["limit"] == 2


def test_a_customer_is_left_alone_until_a_date(caller, mine, now):
    body = {
        "kind": "leave_alone",
        "customer_id": mine.id,
        "until_at": (now + 10 * DAY).isoformat(),
        "reason": "a death in the family",
    }
    hold = caller.post("/v1/contact-holds", json=body)
    budget = f"/v1/customers/{mine.id}/contact-budget?category=care"
    held = caller.get(budget).json
    lifted = caller.put(f"/v1/contact-holds/{hold.json['id']}/lift", json={"reason": "they called"})

    assert hold.status_code == 201
    assert held["reasons"][0]["code"] == "leave_alone"
    assert held["next_allowed_at"] == "2026-03-13T02:00:00Z"
    assert lifted.json["lift_reason"] == "they called"
    assert caller.get(budget).json["verdict"] == "allowed"
    assert len(caller.get("/v1/contact-holds?in_force=false").json["items"]) == 1


def test_a_region_mourns_by_its_manager_only(sign_in, now):
    province = make_team()
    city = make_team(parent=province)
    manager, clerk = make_staff(Role.MANAGER, province), make_staff(team=city)
    customer = make_customer(clerk)
    body = {"kind": "mourning", "team_id": province.id, "reason": "earthquake"}
    budget = f"/v1/customers/{customer.id}/contact-budget?category=care&channel=wechat"

    assert sign_in(clerk).post("/v1/contact-holds", json=body).status_code == 404
    own = {**body, "team_id": city.id}
    assert sign_in(clerk).post("/v1/contact-holds", json=own).json["code"] == "not_your_hold"
    hold = sign_in(manager).post("/v1/contact-holds", json=body)
    assert sign_in(clerk).get(budget).json["reasons"][0]["code"] == "mourning"
    assert sign_in(clerk).get(budget).json["next_allowed_at"] is None
    lift = f"/v1/contact-holds/{hold.json['id']}/lift"
    assert sign_in(clerk).put(lift, json={"reason": "x"}).json["code"] == "not_your_hold"
    assert sign_in(manager).put(lift, json={"reason": "over"}).status_code == 200
    assert sign_in(manager).put(lift, json={"reason": "other"}).json["code"] == "hold_lifted"
    assert sign_in(clerk).get(budget).json["verdict"] == "allowed"


@pytest.mark.parametrize(
    "changes",
    [
        {"customer_id": None},
        {"team_id": "t1"},
        {"kind": "complaint"},
        {"kind": "mourning"},
    ],
)
def test_a_hold_needs_one_subject_that_fits(caller, mine, changes):
    body = {"kind": "leave_alone", "customer_id": mine.id, "reason": "x", **changes}

    assert caller.post("/v1/contact-holds", json=body).status_code == 422


def test_an_opt_out_is_lifted_by_a_recorded_wish_only(caller, sign_in, mine, now):
    in_transaction(contact_frequency.opt_out, mine.phone, at=now, source="inbound:1")
    [shown] = caller.get("/v1/opt-outs").json["items"]
    path = f"/v1/opt-outs/{shown['id']}/lift"

    assert mine.phone not in str(shown)
    assert sign_in(make_staff()).put(path, json={"wish": "x"}).status_code == 404
    assert caller.put(path, json={}).status_code == 422
    assert caller.put(path, json={"wish": "asked at the visit"}).json["lifted_at"] is not None
    assert caller.put(path, json={"wish": "asked at the visit"}).status_code == 200


def test_overruns_are_listed_for_those_who_may_see_them(caller, sign_in, mine, now):
    reserve(make_plan(mine, now + HOUR))
    in_transaction(
        contact_frequency.record_fact,
        make_plan(mine, now),
        occurred_at=now - HOUR,
        recorded_at=now,
        outcome="reached",
        by_id=None,
    )

    items = caller.get("/v1/contact-overruns?cause=late_fact").json["items"]

    assert {(i["policy_key"], i["cause"]) for i in items} == {("gap_24_hours", "late_fact")}
    assert caller.get(f"/v1/contact-overruns?customer_id={mine.id}").json["items"] == items
    assert sign_in(make_staff()).get("/v1/contact-overruns").json["items"] == []


def test_what_is_told_after_90_days_waits_for_a_look(sign_in, now):
    team = make_team()
    manager, clerk = make_staff(Role.MANAGER, team), make_staff(team=team)
    customer = make_customer(clerk)
    slot = in_transaction(
        contact_frequency.record_fact,
        make_plan(customer, now),
        occurred_at=now - 91 * DAY,
        recorded_at=now,
        outcome="reached",
        by_id=clerk.id,
    )

    [item] = sign_in(manager).get("/v1/late-contacts").json["items"]
    assert item["id"] == slot.id
    assert item["is_late"] is True
    assert sign_in(manager).put(f"/v1/late-contacts/{slot.id}/look").status_code == 200
    assert sign_in(manager).get("/v1/late-contacts").json["items"] == []
    assert sign_in(clerk).get("/v1/late-contacts").status_code == 403


def test_a_customers_slots_are_listed(caller, mine, now):
    _reserve(caller, mine, now + HOUR)
    _reserve(caller, mine, now + 2 * DAY)

    page = caller.get(f"/v1/contact-reservations?customer_id={mine.id}&limit=1").json
    rest = caller.get(
        f"/v1/contact-reservations?customer_id={mine.id}&limit=1&cursor={page['next_cursor']}"
    ).json

    assert page["items"][0]["effective_at"] > rest["items"][0]["effective_at"]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("whose", ["nobody", "another"])
def test_a_contact_serves_only_a_visit_to_its_customer(caller, owner, mine, now, whose):
    """Made up or borrowed, a visit's id would buy two contacts for one, and no gap between."""
    visits = {"nobody": "made-up", "another": "v1"}
    visit = {"channel": Channel.VISIT, "visit_id": "v1"}
    reserve(make_plan(make_customer(owner), now + DAY, **visit))
    body = wanted(mine, now + HOUR, visit_id=visits[whose])

    assert caller.post("/v1/contact-reservations", json=body).status_code == 404
    assert caller.post("/v1/contact-preflights", json={"plans": [body]}).status_code == 404


def test_a_contact_that_serves_its_visit_is_reserved_beside_it(caller, mine, now):
    reserve(make_plan(mine, now + DAY, channel=Channel.VISIT, visit_id="v1"))

    body = wanted(mine, now + HOUR, visit_id="v1")

    assert caller.post("/v1/contact-preflights", json={"plans": [body]}).status_code == 200
    assert caller.post("/v1/contact-reservations", json=body).status_code == 201
