"""A day's agenda, and what nobody closed."""

from datetime import timedelta

import pytest

from tests.factories.customers import make_customer
from tests.factories.visits import a_record, made, planned, step

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def visits(field):
    """Three customers, a visit an hour for each, tomorrow."""
    customers = [field.customer, make_customer(field.owner), make_customer(field.owner)]
    return [
        planned(field.caller, customer, starts_at=field.tomorrow + n * HOUR)
        for n, customer in enumerate(customers)
    ]


def ids(reply):
    assert reply.status_code == 200, reply.json
    return [item["id"] for item in reply.json["items"]]


def listed(field, **query):
    return ids(field.caller.get("/v1/visits", query_string=query))


def test_a_day_in_the_order_of_its_hours(field, visits):
    first, second, third = (visit["id"] for visit in visits)
    start = field.tomorrow

    assert listed(field) == [first, second, third]
    assert listed(field, **{"from": start.isoformat(), "to": (start + HOUR).isoformat()}) == [first]
    assert listed(field, **{"from": (start + HOUR).isoformat()}) == [second, third]
    assert listed(field, customer_id=visits[1]["customer_id"]) == [second]
    assert listed(field, owner_id=field.owner.id) == [first, second, third]
    assert listed(field, owner_id="nobody") == []
    assert listed(field, state="confirmed") == []
    assert listed(field, is_unannounced="true") == []


def test_pages_follow_each_other(field, visits):
    first = field.caller.get("/v1/visits?limit=2")
    second = field.caller.get(f"/v1/visits?limit=2&cursor={first.json['next_cursor']}")

    assert ids(first) + ids(second) == [visit["id"] for visit in visits]
    assert second.json["next_cursor"] is None


def test_a_list_costs_the_same_for_one_and_for_three(field, visits, count_statements):
    with count_statements() as one:
        field.caller.get("/v1/visits?limit=1")
    with count_statements() as three:
        field.caller.get("/v1/visits?limit=3")

    assert one.count == three.count


def test_what_nobody_closed_is_listed_until_somebody_does(field, at, app, visits):
    cancelled, missed, made_one = visits
    step(field.caller, cancelled, "cancellation", by="us", reason="Ill.")
    at(field.tomorrow + 2 * HOUR)
    out = made(field.caller, made_one)

    assert listed(field, state="unclosed") == [missed["id"]]  # the last one's hour still runs
    at(field.tomorrow + DAY)
    assert listed(field, state="unclosed") == [missed["id"], made_one["id"]]
    output = app.test_cli_runner().invoke(args=["visits", "list-unclosed"]).output
    assert missed["id"] in output
    assert made_one["id"] in output
    assert cancelled["id"] not in output
    assert "2 visits are not closed." in output

    step(field.caller, missed, "absence", absent="us", proof="The car broke down.")
    step(field.caller, made_one, "record", **a_record(out))
    assert listed(field, state="unclosed") == []


def test_what_nobody_closed_keeps_counting(field, at, slot_of):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    at(field.tomorrow + timedelta(hours=12))

    reply = field.caller.post(
        "/v1/visits",
        json={
            "customer_id": field.customer.id,
            "place": "示范路 8 号",
            "starts_at": (field.tomorrow + timedelta(hours=23)).isoformat(),
            "ends_at": (field.tomorrow + timedelta(hours=24)).isoformat(),
        },
    )

    assert reply.json["code"] == "contact_blocked"
    assert slot_of(visit).state == "reserved"
