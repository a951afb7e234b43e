"""Days and weeks as they are planned."""

from datetime import date, timedelta

import pytest

from crm_api.accounts.models import Role, Team
from crm_api.customers.models import Place
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.visits.models import Promise
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer
from tests.factories.visits import a_record, made, planned, step

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TODAY, WEDNESDAY = "2026-03-03", "2026-03-04"


def day_of(caller, on=WEDNESDAY, **query):
    reply = caller.get(f"/v1/day-plans/{on}", query_string=query)
    assert reply.status_code == 200, reply.json
    return reply.json


def adopt(caller, *visits, on=WEDNESDAY, headers=None):
    return caller.post(f"/v1/day-plans/{on}/visits", json={"visits": visits}, headers=headers)


def at(field, hours):
    return (field.tomorrow + hours * HOUR).isoformat()


@pytest.fixture
def neighbour(field):
    return make_customer(field.owner)


def promise(field, due_on, **more):
    with transaction():
        db.session.add(
            Promise(
                customer_id=field.customer.id,
                owner_id=field.owner.id,
                text="Send the table.",
                due_on=due_on,
                created_at=field.now,
                **more,
            )
        )


def test_a_day_shows_visits_ways_and_what_is_free(field, neighbour):
    here = {"place_latitude": 31.0, "place_longitude": 121.0}
    far = {"place_latitude": 31.0, "place_longitude": 121.1}
    first = planned(field.caller, field.customer, starts_at=field.tomorrow, **here)
    second = planned(field.caller, neighbour, starts_at=field.tomorrow + HOUR, **far)
    step(field.caller, first, "confirmation", by="王示例", how="call")

    day = day_of(field.caller)

    assert [v["visit"]["id"] for v in day["visits"]] == [first["id"], second["id"]]
    assert day["visits"][0]["way_metres"] is None
    assert day["visits"][1]["way_metres"] == pytest.approx(9532, rel=0.01)
    # Half an hour away, and it begins when the one before ends.
    assert [v["is_tight"] for v in day["visits"]] == [False, True]
    assert day["unconfirmed"] == 1
    assert day["visits"][0]["customer_name"] == field.customer.name
    assert day["free"] == [
        {"starts_at": "2026-03-04T01:00:00Z", "ends_at": "2026-03-04T02:00:00Z"},
        {"starts_at": "2026-03-04T05:30:00Z", "ends_at": "2026-03-04T10:00:00Z"},
    ]


def test_moved_elsewhere_a_visit_forgets_where_it_was_on_the_map(field):
    here = {"place_latitude": 31.0, "place_longitude": 121.0}
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow, **here)
    times = {"starts_at": at(field, 1), "ends_at": at(field, 2)}

    step(field.caller, visit, "schedule", **times)
    [kept] = day_of(field.caller)["visits"]
    step(field.caller, visit, "schedule", **times, place="新路 9 号")
    [moved] = day_of(field.caller)["visits"]

    assert kept["place_latitude"] == 31.0
    assert (moved["visit"]["place"], moved["place_latitude"]) == ("新路 9 号", None)


def test_who_goes_along_has_it_in_their_day_as_well(field, sign_in, client):
    colleague = make_staff(team=db.session.get(Team, field.owner.team_id))
    caller = sign_in(colleague)
    issued = caller.post("/v1/calendar-feeds", json={}).json
    planned(field.caller, field.customer, starts_at=field.tomorrow, colleague_ids=[colleague.id])

    assert len(day_of(caller)["visits"]) == 1
    assert len(day_of(caller)["free"]) == 3
    found = caller.post("/v1/visit-rounds", json={"on": WEDNESDAY, "calls": []}).json
    assert [stop["is_fixed"] for stop in found["stops"]] == [True]
    feed = client.get("/v1/" + issued["url"].split("/v1/", 1)[1])
    assert feed.text.count("BEGIN:VEVENT") == 1


def test_what_was_called_off_stands_apart(field):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    step(field.caller, visit, "cancellation", by="us", reason="ill")

    day = day_of(field.caller)

    assert day["visits"] == []
    assert [v["visit"]["id"] for v in day["called_off"]] == [visit["id"]]
    assert len(day["free"]) == 2


def test_what_is_overdue_stands_with_today(field):
    promise(field, date(2026, 3, 1))
    promise(field, date(2026, 3, 4))
    promise(field, date(2026, 3, 4), withdrawn_at=field.now)

    today, tomorrow = day_of(field.caller, TODAY), day_of(field.caller)

    assert [(p["due_on"], p["is_overdue"]) for p in today["promises"]] == [("2026-03-01", True)]
    assert [p["due_on"] for p in tomorrow["promises"]] == ["2026-03-04"]


def test_a_week_begins_on_monday_and_costs_what_a_day_costs(field, count_statements):
    planned(field.caller, field.customer, starts_at=field.tomorrow)
    day_of(field.caller)
    db.session.remove()
    with count_statements() as of_a_day:
        day_of(field.caller)
    with count_statements() as of_a_week:
        week = field.caller.get("/v1/week-plans/2026-03-08").json

    assert week["starts_on"] == "2026-03-02"
    assert [len(d["visits"]) for d in week["days"]] == [0, 0, 1, 0, 0, 0, 0]
    assert [d["is_workday"] for d in week["days"]] == [True] * 5 + [False] * 2
    assert of_a_week.count == of_a_day.count <= 10


def test_midnight_is_the_business_own(field):
    planned(field.caller, field.customer, starts_at=field.tomorrow.replace(hour=0))
    late = field.tomorrow.replace(hour=12, minute=30)
    planned(field.caller, make_customer(field.owner), starts_at=late)

    assert len(day_of(field.caller)["visits"]) == 2
    assert field.caller.get("/v1/day-plans/2028-02-29").status_code == 200
    assert field.caller.get("/v1/day-plans/2026-02-29").status_code == 404


def test_a_round_becomes_a_plan(field, neighbour):
    with transaction():
        db.session.add(
            Place(
                id="p-1",
                customer_id=field.customer.id,
                address="示范路 8 号",
                latitude=31.0,
                longitude=121.0,
                created_at=field.now,
            )
        )
    agreed = {"by": "王示例", "how": "call"}
    reply = adopt(
        field.caller,
        {"id": "v-1", "customer_id": field.customer.id, "starts_at": at(field, 0)},
        {
            "customer_id": neighbour.id,
            "starts_at": at(field, 2),
            "place": "新路 1 号",
            "minutes": 30,
            "confirmation": agreed,
        },
    )

    assert reply.status_code == 200, reply.json
    one, two = (item["visit"] for item in reply.json["items"])
    assert (one["id"], one["place"], one["status"]) == ("v-1", "示范路 8 号", "planned")
    assert (two["status"], two["confirmed_by"], two["confirmed_how"]) == (
        "confirmed",
        "王示例",
        "call",
    )
    assert two["ends_at"] == "2026-03-04T04:30:00Z"
    day = day_of(field.caller)
    assert [v["visit"]["booking"] for v in day["visits"]] == ["reserved", "reserved"]
    assert day["visits"][0]["place_latitude"] == 31.0


def test_what_is_refused_is_told_and_the_others_stand(field, neighbour):
    twice = [
        {"customer_id": field.customer.id, "starts_at": at(field, h), "place": "x"} for h in (0, 2)
    ]
    reply = adopt(
        field.caller, *twice, {"customer_id": neighbour.id, "starts_at": at(field, 4), "place": "x"}
    )

    first, second, third = reply.json["items"]
    assert first["problem"] is None
    assert second["visit"] is None
    assert second["problem"]["code"] == "contact_blocked"
    assert second["problem"]["next_allowed_at"] is not None
    assert third["visit"]["booking"] == "reserved"
    # The refusal is kept, as a single visit's would be.
    path = f"/v1/contact-decisions/{second['problem']['decision_id']}"
    assert field.caller.get(path).status_code == 200


def test_the_same_plan_twice_is_one(field):
    body = {"id": "v-1", "customer_id": field.customer.id, "starts_at": at(field, 0), "place": "x"}
    first, again = adopt(field.caller, body), adopt(field.caller, body)
    other = adopt(field.caller, {**body, "place": "y"})

    assert first.json["items"] == again.json["items"]
    assert other.json["items"][0]["problem"]["code"] == "id_taken"
    assert len(day_of(field.caller)["visits"]) == 1


@pytest.mark.parametrize(
    "change",
    [{"starts_at": "2026-03-05T02:00:00Z"}, {"place": None}, {"place_id": "nobodys"}],
)
def test_what_cannot_be_planned_at_all_is_refused_whole(field, neighbour, change):
    good = {"customer_id": neighbour.id, "starts_at": at(field, 0), "place": "x"}
    bad = {"customer_id": field.customer.id, "starts_at": at(field, 2), "place": "x", **change}

    assert adopt(field.caller, good, bad).status_code == 422
    assert day_of(field.caller)["visits"] == []


def test_a_team_day_in_numbers(field, sign_in, count_statements):
    team = db.session.get(Team, field.owner.team_id)
    for _ in range(3):
        make_staff(team=team)
    visit = made(
        field.caller, planned(field.caller, field.customer, starts_at=field.now + HOUR / 60)
    )
    step(field.caller, visit, "record", **a_record(visit))
    planned(field.caller, make_customer(field.owner), starts_at=field.now + HOUR)
    promise(field, date(2026, 3, 1))
    manager = sign_in(make_staff(Role.MANAGER, team))
    path = f"/v1/day-plans/{TODAY}/team"

    with count_statements() as statements:
        page = manager.get(path, query_string={"limit": 2}).json
    rest = manager.get(path, query_string={"cursor": page["next_cursor"]}).json

    own = next(i for i in [*page["items"], *rest["items"]] if i["staff_id"] == field.owner.id)
    assert (own["visits"]["recorded"], own["to_make"], own["late_promises"]) == (1, 1, 1)
    assert own["last_ends_at"] == "2026-03-03T04:00:00Z"
    assert len(page["items"]) + len(rest["items"]) == 4
    assert statements.count <= 5


def test_another_teams_days_are_nobodys(field, sign_in):
    planned(field.caller, field.customer, starts_at=field.tomorrow)
    chief = sign_in(make_staff(Role.MANAGER, make_team()))
    colleague = sign_in(make_staff())

    for path in (f"/v1/day-plans/{WEDNESDAY}", f"/v1/week-plans/{WEDNESDAY}"):
        for caller in (chief, colleague):
            query = {"owner_id": field.owner.id}
            assert caller.get(path, query_string=query).status_code == 404
        assert chief.get(path).status_code == 422
    assert chief.get(f"/v1/day-plans/{WEDNESDAY}/team").json["items"] == []
    assert colleague.get(f"/v1/day-plans/{WEDNESDAY}/team").status_code == 403
    stolen = {"customer_id": field.customer.id, "starts_at": at(field, 4), "place": "x"}
    assert adopt(colleague, stolen).status_code == 404


@pytest.mark.parametrize("on", ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"])
def test_days_beyond_every_calendar_do_not_exist(field, on):
    for path in (f"/v1/day-plans/{on}", f"/v1/week-plans/{on}", f"/v1/care-days/{on}"):
        assert field.caller.get(path).status_code in (403, 404)
