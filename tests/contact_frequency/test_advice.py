"""Advice for people: budgets in numbers, the best next moment, a day without collisions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crm_api.accounts.models import Role
from crm_api.calendars import service as calendars
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.terms import HoldKind
from crm_api.customers.terms import Channel
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_frequency import in_transaction, make_plan, reserve
from tests.factories.customers import make_customer

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
TOMORROW = "2026-03-04"
NINE = datetime(2026, 3, 4, 1, tzinfo=UTC)  # nine o'clock tomorrow, in Shanghai


@pytest.fixture
def owner(now):
    return make_staff()


@pytest.fixture
def mine(owner):
    return make_customer(owner)


@pytest.fixture
def caller(sign_in, owner):
    return sign_in(owner)


def visit(customer, **changes):
    return {"customer_id": customer.id, "channel": "visit", "category": "service", **changes}


def propose(caller, contacts, **changes):
    body = {"on": TOMORROW, "contacts": contacts, **changes}
    reply = caller.post("/v1/contact-preflights/day", json=body)
    assert reply.status_code == 200, reply.json
    return reply.json["items"]


def starts(items):
    return [
        item["starts_at"] and datetime.fromisoformat(item["starts_at"]).astimezone(UTC)
        for item in items
    ]


def test_the_budget_tells_what_is_left_in_numbers_and_words(caller, mine, now):
    reserve(make_plan(mine, now + 2 * DAY))

    reply = caller.get(f"/v1/customers/{mine.id}/contact-budget?category=care&channel=wechat").json

    left = {b["policy_key"]: (b["limit"], b["used"], b["left"]) for b in reply["budgets"]}
    assert left == {"total_7_days": (2, 1, 1), "care_30_days": (4, 0, 4)}
    [total] = [b for b in reply["budgets"] if b["policy_key"] == "total_7_days"]
    assert total["message_zh"] == "7 天内最多接触 2 次，已有 1 次，还可以有 1 次。"
    assert total["message"] == "At most 2 contacts in 7 days: 1 used, 1 left."
    assert {c["channel"] for c in reply["channels"]} == set(Channel)
    assert "decision" not in reply["channels"][0]


def test_what_lies_outside_the_window_uses_nothing_up(caller, mine, now):
    reserve(make_plan(mine, now + 2 * DAY))
    far = (now + 9 * DAY).isoformat().replace("+00:00", "Z")

    reply = caller.get(f"/v1/customers/{mine.id}/contact-budget?at={far}").json

    assert [(b["policy_key"], b["used"]) for b in reply["budgets"]] == [("total_7_days", 0)]


def test_the_next_moments_come_soonest_first_and_the_preferred_before_its_equals(caller, mine, now):
    profile = f"/v1/customers/{mine.id}/extended-profile"
    version = caller.get(profile).headers["ETag"]
    changed = caller.patch(
        profile, json={"preferred_channel": "email"}, headers={"If-Match": version}
    )
    assert changed.status_code == 200, changed.json
    in_transaction(contact_frequency.opt_out, mine.phone, at=now, source="desk")

    reply = caller.get(f"/v1/customers/{mine.id}/next-contact-moments?category=care").json

    assert reply["best"] == {"channel": "email", "next_allowed_at": "2026-03-03T02:00:00Z"}
    assert [item["channel"] for item in reply["items"]] == [
        "email",
        "visit",
        "call",
        "wechat",
        "sms",
    ]
    sms = reply["items"][-1]
    assert (sms["verdict"], sms["next_allowed_at"]) == ("blocked", None)
    assert "退订短信" in sms["decision"]["reasons"][0]["message_zh"]


def test_who_may_not_be_contacted_at_all_has_no_best_moment(caller, mine, now):
    in_transaction(
        contact_frequency.place_hold,
        HoldKind.COMPLAINT,
        customer_id=mine.id,
        from_at=now,
        reason="x",
        by_id=None,
    )

    reply = caller.get(f"/v1/customers/{mine.id}/next-contact-moments?category=care").json

    assert reply["best"] is None


def test_a_days_visits_stand_one_after_the_other_within_the_hours(caller, owner, now):
    customers = [make_customer(owner) for _ in range(5)]

    items = propose(caller, [visit(c, minutes=60) for c in customers], pause_minutes=15)

    assert starts(items) == [
        NINE,
        NINE + 75 * MINUTE,
        NINE + 270 * MINUTE,  # after lunch: until noon there is half an hour left
        NINE + 345 * MINUTE,
        NINE + 420 * MINUTE,
    ]
    assert {item["decision"]["verdict"] for item in items} == {"allowed"}
    assert [i["customer_id"] for i in items] == [c.id for c in customers]


def test_they_are_judged_together_not_each_alone(caller, owner, now):
    """One customer twice, and a couple on one phone: a day's gap stands between either two."""
    mine, other = make_customer(owner), make_customer(owner)
    partner = make_customer(owner, phone=other.phone)
    call = {"channel": "call", "minutes": 10}

    items = propose(caller, [visit(c, **call) for c in (mine, mine, other, partner)])

    assert [s is not None for s in starts(items)] == [True, False, True, False]
    again, on_phone = items[1]["decision"], items[3]["decision"]
    assert [r["code"] for r in again["reasons"]] == ["gap_too_short", "gap_too_short"]
    assert again["reasons"][0]["counted"][0]["slot_id"] == "plan-0"
    assert [r["subject"]["kind"] for r in on_phone["reasons"]] == ["endpoint"]
    assert (items[1]["is_crowded_out"], items[3]["is_crowded_out"]) == (False, False)


def test_appointments_stand_and_the_others_go_around_them(caller, owner, now):
    fixed, early, late = (make_customer(owner) for _ in range(3))
    reserve(make_plan(late, now - 30 * MINUTE + HOUR))  # a call today at half past ten
    contacts = [
        visit(late, minutes=30),
        visit(early, minutes=45),
        visit(fixed, minutes=60, at=(NINE + 30 * MINUTE).isoformat()),
    ]

    items = propose(caller, contacts)

    assert starts(items) == [
        NINE + 90 * MINUTE,  # not before half past ten: a day after the call
        NINE + 120 * MINUTE,
        NINE + 30 * MINUTE,
    ]
    assert [item["is_fixed"] for item in items] == [False, False, True]


def test_an_appointment_that_is_not_allowed_takes_nobodys_time(caller, owner, now):
    blocked, free = make_customer(owner), make_customer(owner)
    reserve(make_plan(blocked, now + 2 * HOUR))
    contacts = [visit(blocked, at=NINE.isoformat()), visit(free)]

    refused, placed = propose(caller, contacts)

    assert (refused["starts_at"], placed["starts_at"]) == (None, "2026-03-04T01:00:00Z")
    assert refused["decision"]["next_allowed_at"] == "2026-03-04T04:00:00Z"
    assert refused["is_crowded_out"] is False


def test_what_finds_no_time_is_told_from_what_is_not_allowed(caller, owner, now):
    contacts = [visit(make_customer(owner), minutes=120) for _ in range(3)]
    clash = [visit(make_customer(owner), at=NINE.isoformat()) for _ in range(2)]
    hours = [{"opens": "09:00", "closes": "13:00"}]

    items = propose(caller, contacts, hours=hours)
    one, other = propose(caller, clash, hours=hours)

    assert [item["is_crowded_out"] for item in items] == [False, False, True]
    assert (one["is_crowded_out"], other["is_crowded_out"]) == (False, True)


def test_today_begins_now_and_a_day_off_has_no_usual_hours(caller, owner, mine, now):
    [today] = propose(caller, [visit(mine)], on="2026-03-03")
    [sunday] = propose(caller, [visit(mine)], on="2026-03-08")
    asked = [{"opens": "10:00", "closes": "11:00"}]
    [wanted] = propose(caller, [visit(mine)], on="2026-03-08", hours=asked)

    assert starts([today, sunday, wanted]) == [now, None, datetime(2026, 3, 8, 2, tzinfo=UTC)]


def test_asked_twice_it_says_the_same_and_stores_nothing(caller, owner, now):
    contacts = [visit(make_customer(owner)) for _ in range(6)]

    assert propose(caller, contacts) == propose(caller, contacts)
    customer_id = contacts[0]["customer_id"]
    listed = caller.get(f"/v1/contact-reservations?customer_id={customer_id}").json
    assert listed["items"] == []


def test_a_day_of_thirty_costs_the_statements_of_one(caller, owner, now, count_statements):
    contacts = [visit(make_customer(owner), minutes=10) for _ in range(30)]
    visits = [
        reserve(
            make_plan(c["customer_id"], NINE + 10 * DAY, channel=Channel.VISIT, visit_id=f"v{n}")
        )
        for n, c in enumerate(contacts)
    ]
    for n, contact in enumerate(contacts):
        contact |= {"visit_id": f"v{n}", "channel": "call"}
    propose(caller, contacts[:1])

    with count_statements() as one:
        propose(caller, contacts[:1])
    with count_statements() as thirty:
        items = propose(caller, contacts)

    assert thirty.count == one.count
    assert len(set(starts(items))) == len(visits)


def test_thirty_plans_checked_cost_the_statements_of_one(caller, owner, now, count_statements):
    plans = []
    for n in range(30):
        customer = make_customer(owner)
        reserve(make_plan(customer, NINE + 10 * DAY, channel=Channel.VISIT, visit_id=f"v{n}"))
        facts = {"channel": "call", "category": "service", "at": NINE.isoformat()}
        plans.append({"customer_id": customer.id, "visit_id": f"v{n}", **facts})

    def check(wanted):
        with count_statements() as statements:
            reply = caller.post("/v1/contact-preflights", json={"plans": wanted})
        assert [i["verdict"] for i in reply.json["items"]] == ["allowed"] * len(wanted)
        return statements.count

    check(plans[:1])
    assert check(plans) == check(plans[:1])
    plans[0]["visit_id"] = "v1"
    assert caller.post("/v1/contact-preflights", json={"plans": plans}).status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"contacts": []},
        {"on": "2026-02-30"},
        {"hours": [{"opens": "12:00", "closes": "09:00"}]},
        {"hours": [{"opens": "25:00", "closes": "26:00"}]},
        {"pause_minutes": -1},
        {"more": 1},
    ],
)
def test_a_day_that_nobody_can_plan_is_refused(caller, mine, changes):
    body = {"on": TOMORROW, "contacts": [visit(mine)], **changes}

    assert caller.post("/v1/contact-preflights/day", json=body).status_code == 422


def test_the_last_of_all_days_is_answered(caller, mine):
    on = "2199-12-31"
    contacts = [visit(mine), visit(mine, at=f"{on}T02:00:00Z")]
    asked = [{"opens": "00:00", "closes": "24:00"}]

    items = propose(caller, contacts, on=on, hours=asked) + propose(caller, contacts, on=on)

    assert len(items) == 4


@pytest.mark.parametrize("on", ["1900-01-01", "2199-12-31"])
def test_a_moment_at_the_edge_of_time_is_answered(caller, mine, on):
    moments = f"/v1/customers/{mine.id}/next-contact-moments?at={on}T02:00:00Z"
    budget = f"/v1/customers/{mine.id}/contact-budget?at={on}T02:00:00Z"

    assert caller.get(moments).status_code == caller.get(budget).status_code == 200


def test_nothing_is_placed_in_a_day_that_is_over(caller, mine, now):
    today = calendars.local_day(now)
    body = {"on": str(today - timedelta(days=1)), "contacts": [visit(mine)]}

    reply = caller.post("/v1/contact-preflights/day", json=body)

    assert (reply.status_code, reply.json["code"]) == (422, "day_passed")
    assert reply.json["today"] == str(today)
    assert propose(caller, [visit(mine)], on=str(today))


def test_strangers_customers_do_not_exist_in_advice(sign_in, mine, now):
    stranger = sign_in(make_staff())
    body = {"on": TOMORROW, "contacts": [visit(mine)]}

    assert stranger.post("/v1/contact-preflights/day", json=body).status_code == 404
    assert stranger.get(f"/v1/customers/{mine.id}/next-contact-moments").status_code == 404


def to_replan(caller, query=""):
    reply = caller.get(f"/v1/contact-reservations?needs_new_plan=true{query}")
    assert reply.status_code == 200, reply.json
    return reply.json["items"]


def leave_alone(customer, now, *, days=5):
    in_transaction(
        contact_frequency.place_hold,
        HoldKind.LEAVE_ALONE,
        customer_id=customer.id,
        from_at=now,
        until_at=now + days * DAY,
        reason="travelling",
        by_id=None,
    )


def plan_care(caller, customer, at):
    body = {"customer_id": customer.id, "channel": "wechat", "category": "care"}
    reply = caller.post("/v1/contact-reservations", json={**body, "at": at.isoformat()})
    assert reply.status_code == 201, reply.json
    return reply.json


def test_an_account_manager_sees_what_must_move_why_and_where_to(caller, sign_in, owner, mine, now):
    planned = plan_care(caller, mine, now + 3 * DAY)
    plan_care(caller, make_customer(owner), now + 3 * DAY)
    assert to_replan(caller) == []

    leave_alone(mine, now)

    [item] = to_replan(caller)
    assert (item["id"], item["needs_new_plan"]) == (planned["id"], True)
    advice = item["new_plan"]
    assert [r["code"] for r in advice["reasons"]] == ["leave_alone"]
    assert advice["reasons"][0]["message_zh"].startswith("约定 3月8日（周日）10:00 之前不打扰。")
    assert advice["next_allowed_at"] == "2026-03-08T02:00:00Z"
    assert advice["earlier_alternative_at"] is None
    assert to_replan(sign_in(make_staff())) == []
    assert [i["id"] for i in to_replan(caller, f"&customer_id={mine.id}")] == [planned["id"]]


def test_an_earlier_moment_is_suggested_where_one_is_left(caller, mine, now):
    plan_care(caller, mine, now + 26 * HOUR)
    fact = make_plan(mine, now, channel=Channel.WECHAT)
    in_transaction(
        contact_frequency.record_fact,
        fact,
        occurred_at=now - 8 * DAY,
        recorded_at=now,
        outcome="reached",
        by_id="x",
    )
    body = {"channels": ["wechat"], "quiet_from": "11:00", "quiet_until": "14:00"}
    caller.post(f"/v1/customers/{mine.id}/do-not-disturb-wishes", json=body)

    [item] = to_replan(caller)

    assert item["new_plan"]["earlier_alternative_at"] == "2026-03-04T02:59:59.999999Z"
    assert item["new_plan"]["next_allowed_at"] == "2026-03-04T06:00:00Z"


def test_moved_to_a_suggested_moment_it_leaves_the_list(caller, mine, now):
    plan_care(caller, mine, now + 3 * DAY)
    leave_alone(mine, now)
    [item] = to_replan(caller)
    path = f"/v1/contact-reservations/{item['id']}/moment"

    refused = caller.put(path, json={"at": (now + 4 * DAY).isoformat()})
    moved = caller.put(path, json={"at": item["new_plan"]["next_allowed_at"]})

    assert refused.json["code"] == "contact_blocked"
    assert (moved.status_code, moved.json["needs_new_plan"]) == (200, False)
    assert to_replan(caller) == []


def test_a_manager_sees_the_teams_beneath(sign_in, now):
    province = make_team()
    clerk = make_staff(team=make_team(parent=province))
    manager, stranger = make_staff(Role.MANAGER, province), make_staff(Role.MANAGER)
    customer = make_customer(clerk)
    plan_care(sign_in(clerk), customer, now + 3 * DAY)
    leave_alone(customer, now)

    assert len(to_replan(sign_in(manager))) == 1
    assert to_replan(sign_in(stranger)) == []


def test_the_list_is_paged_and_a_page_costs_the_same(caller, owner, now, count_statements):
    customers = [make_customer(owner) for _ in range(6)]
    for n, customer in enumerate(customers):
        plan_care(caller, customer, now + 3 * DAY + n * MINUTE)
        leave_alone(customer, now)
    to_replan(caller)

    with count_statements() as one:
        first = to_replan(caller, "&limit=1")
    with count_statements() as six:
        whole = to_replan(caller, "&limit=6")

    assert six.count == one.count
    assert whole[:1] == first
    assert [i["customer_id"] for i in whole] == [c.id for c in customers]


def test_all_slots_of_everybody_are_no_list(caller):
    assert caller.get("/v1/contact-reservations").status_code == 422
    assert caller.get("/v1/contact-reservations?needs_new_plan=false").status_code == 422
