"""A day's round over HTTP."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.contact_frequency.models import Slot
from crm_api.customers.models import Place
from crm_api.customers.terms import Kind, RelationKind
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.preparation.days.policies.rounds import order_calls
from crm_api.preparation.days.service import rounds
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer
from tests.factories.visits import planned

WEDNESDAY = "2026-03-04"
NOON = datetime(2026, 3, 4, 4, tzinfo=UTC)


def ask(caller, customers, on=WEDNESDAY, **more):
    calls = [{"customer_id": c if isinstance(c, str) else c.id} for c in customers]
    return caller.post("/v1/visit-rounds", json={"on": on, "calls": calls, **more})


def round_of(caller, customers, **more):
    reply = ask(caller, customers, **more)
    assert reply.status_code == 200, reply.json
    return reply.json


def settle(customer, km, **more):
    """Have somebody live so many kilometres east of the office."""
    place = Place(
        customer_id=customer.id,
        address=f"示范路 {km} 公里",
        latitude=31.0,
        longitude=121.0 + km / 95.32,
        **more,
    )
    place.created_at = customer.created_at
    with transaction():
        db.session.add(place)
    return place


@pytest.fixture
def road(field):
    """Five customers along one road, told in no order."""
    people = {km: make_customer(field.owner) for km in (4, 1, 5, 2, 3)}
    for km, customer in people.items():
        settle(customer, km)
    return people


def test_calls_along_a_road_are_made_in_its_order(field, road):
    start = {"latitude": 31.0, "longitude": 121.0}
    found = round_of(field.caller, road.values(), start=start)

    assert [s["customer_id"] for s in found["stops"]] == [road[km].id for km in range(1, 6)]
    assert found["left_out"] == []
    assert found["way_metres"] == pytest.approx(5000, rel=0.01)
    assert [s["way_minutes"] for s in found["stops"]] == [5] * 5
    assert found["stops"][0]["starts_at"] == "2026-03-04T01:00:00Z"
    assert not any(s["is_tight"] for s in found["stops"])
    assert found == round_of(field.caller, road.values(), start=start)


def test_nothing_is_stored(field, road):
    round_of(field.caller, road.values())

    assert field.caller.get("/v1/visits").json["items"] == []
    assert db.session.scalars(sa.select(Slot)).all() == []


def test_nobody_waits_while_an_order_is_looked_for(field, road, monkeypatch):
    stands, is_waited_for = planned(field.caller, make_customer(field.owner), starts_at=NOON), []

    def think(*args, **kwargs):
        is_waited_for.append(db.session().in_transaction())
        return order_calls(*args, **kwargs)

    monkeypatch.setattr(rounds, "order_calls", think)
    found = round_of(field.caller, road.values())

    assert is_waited_for == [False]
    assert stands["id"] in [stop["visit_id"] for stop in found["stops"]]


def test_an_appointment_keeps_its_time(field, road):
    visit = planned(
        field.caller,
        field.customer,
        starts_at=field.tomorrow,
        place_latitude=31.0,
        place_longitude=121.0,
        confirmation={"by": "王示例", "how": "call"},
    )
    found = round_of(field.caller, road.values())

    [fixed] = [s for s in found["stops"] if s["is_fixed"]]
    assert (fixed["visit_id"], fixed["starts_at"]) == (visit["id"], "2026-03-04T02:00:00Z")
    assert len(found["stops"]) == 6
    ends = [s["ends_at"] for s in found["stops"]]
    assert all(a <= s["starts_at"] for a, s in zip(ends, found["stops"][1:], strict=False))


def test_who_may_not_be_visited_is_left_out_with_the_reason(field, road):
    wish = {"channels": ["visit"], "categories": None}
    path = f"/v1/customers/{road[3].id}/do-not-disturb-wishes"
    assert field.caller.post(path, json=wish).status_code == 201

    found = round_of(field.caller, road.values())

    [left_out] = found["left_out"]
    assert (left_out["customer_id"], left_out["why"]) == (road[3].id, "blocked")
    assert left_out["blocked_by"] == ["do_not_disturb"]
    assert len(found["stops"]) == 4


def test_a_day_that_is_full_crowds_out(field):
    people = [make_customer(field.owner) for _ in range(8)]
    calls = [{"customer_id": p.id, "minutes": 120} for p in people]
    reply = field.caller.post("/v1/visit-rounds", json={"on": WEDNESDAY, "calls": calls})

    assert len(reply.json["stops"]) == 3
    assert {left["why"] for left in reply.json["left_out"]} == {"crowded_out"}


def test_a_group_and_its_key_person_are_judged_together(field):
    group = make_customer(field.owner, kind=Kind.GROUP)
    person = make_customer(field.owner)
    link = {"kind": RelationKind.KEY_PERSON, "other_id": person.id, "influence": "great"}
    path = f"/v1/customers/{group.id}/relations"
    assert field.caller.post(path, json=link).status_code == 201

    found = round_of(field.caller, [group, person])

    assert len(found["stops"]) == 1
    [left_out] = found["left_out"]
    assert left_out["why"] == "blocked_beside"
    assert "gap_too_short" in left_out["blocked_by"]


def test_today_begins_now_and_a_day_off_is_planned_for_who_works_it(field, road):
    today = round_of(field.caller, [road[1]], on="2026-03-03")
    sunday = round_of(field.caller, [road[1]], on="2026-03-08")

    assert today["stops"][0]["starts_at"] >= "2026-03-03T02:00:00Z"
    assert len(sunday["stops"]) == 1


def test_a_place_of_somebody_else_does_not_exist(field, road):
    strange = settle(make_customer(), 9)
    calls = [{"customer_id": road[1].id, "place_id": strange.id}]
    reply = field.caller.post("/v1/visit-rounds", json={"on": WEDNESDAY, "calls": calls})

    assert reply.status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"calls": [{"customer_id": "a"}, {"customer_id": "a"}]},
        {"calls": [{"customer_id": "a", "minutes": 7}]},
        {"calls": [{"customer_id": f"c{n}"} for n in range(31)]},
        {"calls": [], "start": {"latitude": 1}},
        {"calls": [], "on": "2026-03-02"},
        {"calls": {}},
    ],
)
def test_what_cannot_be_asked_is_refused(field, body):
    assert field.caller.post("/v1/visit-rounds", json={"on": WEDNESDAY, **body}).status_code == 422


def test_another_teams_people_are_not_routed(field, road, sign_in):
    stranger = sign_in(make_staff(Role.MANAGER, make_team()))

    assert ask(sign_in(make_staff()), road.values()).status_code == 404
    assert ask(stranger, road.values(), owner_id=field.owner.id).status_code == 404
    assert ask(stranger, []).status_code == 422


@pytest.mark.parametrize("size", [1, 20])
def test_a_round_of_any_size_takes_the_same_statements(field, count_statements, size):
    people = [make_customer(field.owner) for _ in range(size)]
    round_of(field.caller, people)
    db.session.remove()

    with count_statements() as statements:
        round_of(field.caller, people)

    assert statements.count <= 32
