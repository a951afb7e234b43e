"""What whoever takes customers over reads of them."""

from datetime import timedelta

import pytest

from crm_api.accounts.models import Role
from tests.care_gateway.factories import make_message
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer
from tests.factories.visits import a_record, made, planned, step

DAY = timedelta(days=1)


@pytest.fixture
def now(at, moment):
    keep_default_policies(moment - 30 * DAY)
    return at(moment)


@pytest.fixture
def people(app, now):
    """Who gives, who receives, and their manager."""
    team = make_team()
    return make_staff(team=team), make_staff(team=team), make_staff(Role.MANAGER, team)


def hand_over(caller, giver, receiver, **more):
    shares = [{"receiver_id": receiver.id}]
    body = {"giver_id": giver.id, "reason": "x", "shares": shares, **more}
    reply = caller.post("/v1/handovers", json=body)
    assert reply.status_code == 202, reply.text
    return f"/v1/handovers/{reply.json['id']}/briefing"


def prepare(caller, customer, moment):
    """A visit made that left a promise and a task, one to come, a wish, and a birthday."""
    visit = made(caller, planned(caller, customer, starts_at=moment))
    due = (moment + 9 * DAY).date().isoformat()
    record = a_record(
        visit,
        promises=[{"text": "Bring the offer.", "due_on": due}],
        follow_ups=[{"text": "Ask again.", "due_on": due}],
    )
    assert step(caller, visit, "record", **record).status_code == 200
    path = f"/v1/customers/{customer.id}"
    caller.post(f"{path}/do-not-disturb-wishes", json={"channels": ["sms"], "note": "Busy"})
    soon = moment + 5 * DAY
    day = {"kind": "wedding", "month": soon.month, "day": soon.day}
    assert caller.post(f"{path}/anniversaries", json=day).status_code == 201


def test_the_new_owner_reads_what_is_open_and_how_to_meet_them(sign_in, people, now):
    giver, receiver, manager = people
    customer = make_customer(giver)
    prepare(sign_in(giver), customer, now)
    message = make_message(make_customer(giver), send_before=now + timedelta(hours=8))
    path = hand_over(sign_in(manager), giver, receiver)

    items = {one["customer_id"]: one for one in sign_in(receiver).get(path).json["items"]}

    item = items[customer.id]
    assert [one["text"] for one in item["open_promises"]] == ["Bring the offer."]
    assert [one["text"] for one in item["open_follow_ups"]] == ["Ask again."]
    assert [one["note"] for one in item["wishes"]] == ["Busy"]
    assert [one["kind"] for one in item["coming_dates"]] == ["wedding"]
    assert item["last_visit_at"] is not None
    assert (item["name"], item["phone"]) == (customer.name, f"+86****{customer.phone[-4:]}")
    [waiting] = items[message.customer_id]["planned_care"]
    assert waiting["id"] == message.id


def test_whose_customers_they_are_decides_who_reads_it(sign_in, people, now):
    giver, receiver, manager = people
    customer = make_customer(giver)
    tomorrow = (now + DAY).isoformat()
    path = hand_over(sign_in(manager), giver, receiver, takes_effect_at=tomorrow)

    seen = sign_in(manager).get(path).json["items"]
    assert seen == []  # whom the rest will hold is known on the day

    named = [{"receiver_id": receiver.id, "customer_ids": [customer.id]}]
    off = path.replace("briefing", "cancellation")
    assert sign_in(manager).put(off, json={"reason": "x"}).status_code == 200
    path = hand_over(sign_in(manager), giver, receiver, takes_effect_at=tomorrow, shares=named)
    [seen] = sign_in(manager).get(path).json["items"]
    assert (seen["customer_id"], seen["outcome"]) == (customer.id, "waiting")
    assert sign_in(receiver).get(path).json["items"] == []
    assert sign_in(make_staff(Role.MANAGER)).get(path).status_code == 404


def test_statements_do_not_grow_with_customers(sign_in, people, now, count_statements):
    giver, receiver, manager = people
    prepare(sign_in(giver), make_customer(giver), now)
    few_path = hand_over(sign_in(manager), giver, receiver)
    for _ in range(20):
        make_customer(giver)
    many_path = hand_over(sign_in(manager), giver, receiver)
    caller, counts = sign_in(receiver), []

    for path, most in ((few_path, 1), (many_path, 20)):
        with count_statements() as counted:
            reply = caller.get(path)
        assert len(reply.json["items"]) == most
        counts.append(counted.count)

    assert counts[0] == counts[1]
