"""Being there, or not."""

from datetime import timedelta

import sqlalchemy as sa

from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.terms import Counting, SlotState
from crm_api.kit.db import db
from crm_api.visits.models import Visit
from tests.factories.visits import contacts, made, plan, planned, step

DAY = timedelta(days=1)
DOOR = {"place_latitude": 31.2304, "place_longitude": 121.4737}
HERE = {"latitude": 31.2305, "longitude": 121.4737, "accuracy_m": 12.5}


def test_arriving_makes_the_slot_in_flight(field, at, slot_of):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow, **DOOR)
    at(field.tomorrow + timedelta(minutes=2))

    reply = step(field.caller, visit, "check-in", place="at the gate", **HERE)

    assert reply.status_code == 200, reply.json
    arrived = reply.json
    assert (arrived["status"], arrived["booking"]) == ("checked_in", "reserved")
    assert arrived["checked_in_at"].startswith("2026-03-04T02:02:00")
    assert (arrived["verdict"], arrived["verdict_reasons"]) == ("verified", ["near_the_place"])
    assert arrived["distance_m"] == 11
    assert "31.2305" not in reply.text  # whoever may read the verdict need not know the spot
    slot = slot_of(visit)
    assert slot.state is SlotState.IN_FLIGHT
    assert slot.effective_at == field.tomorrow + timedelta(minutes=2)


def test_told_twice_it_is_one_arrival(field, at):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow, **DOOR)
    at(field.tomorrow)
    first = step(field.caller, visit, "check-in", **HERE)
    at(field.tomorrow + timedelta(minutes=9))

    again = step(field.caller, visit, "check-in", {"If-Match": '"1"'}, **HERE)
    other = step(field.caller, visit, "check-in", **{**HERE, "latitude": 30.0})

    assert (again.status_code, again.json) == (200, first.json)
    assert (other.status_code, other.json["code"]) == (409, "visit_step_taken_otherwise")


def test_a_repeat_is_known_later_too(field, at):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow, **DOOR)
    at(field.tomorrow)
    step(field.caller, visit, "check-in", **HERE)
    step(field.caller, visit, "check-out")

    again = step(field.caller, visit, "check-in", **HERE)

    assert (again.status_code, again.json["status"]) == (200, "checked_out")


def test_nobody_arrives_tomorrow(field):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)

    reply = step(field.caller, visit, "check-in", at=field.tomorrow.isoformat())

    assert reply.status_code == 422


def test_nobody_leaves_before_arriving(field, at):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    at(field.tomorrow)
    step(field.caller, visit, "check-in")

    reply = step(field.caller, visit, "check-out", at=field.now.isoformat())

    assert reply.status_code == 422


def test_half_a_position_is_none(field):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)

    assert step(field.caller, visit, "check-in", latitude=31.0).status_code == 422


def test_a_visit_becomes_exactly_one_contact(field, at, slot_of):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    at(field.tomorrow)
    out = made(field.caller, visit)
    step(field.caller, visit, "check-out")

    told = contacts(field.caller, field.customer)

    assert [c["id"] for c in told] == [out["contact_id"]]
    assert told[0]["channel"] == "visit"
    assert told[0]["outcome"] == "reached"
    assert told[0]["visit_id"] == visit["id"]
    assert slot_of(visit).state is SlotState.CONSUMED
    assert _slots() == 1


def test_an_arrival_beyond_a_cap_is_warned_of_and_never_refused(field, at):
    planned(field.caller, field.customer, starts_at=field.tomorrow)
    at(field.tomorrow - timedelta(hours=3))
    now = field.tomorrow - timedelta(hours=3)
    surprise = planned(
        field.caller, field.customer, starts_at=now, is_unannounced=True, objectives=[]
    )

    reply = step(field.caller, surprise, "check-in")

    assert reply.status_code == 200
    assert "gap_24_hours" in [w["policy_key"] for w in reply.json["warnings"]]
    assert made_contact(field, surprise)["has_overrun"]


def test_a_fact_told_late_asks_for_a_new_plan(field, at):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    at(field.now + timedelta(hours=1))
    surprise = planned(
        field.caller,
        field.customer,
        starts_at=field.now + timedelta(hours=1),
        is_unannounced=True,
        objectives=[],
    )

    step(field.caller, surprise, "check-in")

    told = field.caller.get("/v1/visits").json["items"]
    assert {v["id"]: v["needs_new_plan"] for v in told} == {
        visit["id"]: True,
        surprise["id"]: False,
    }
    for wanted, ids in (("true", [visit["id"]]), ("false", [surprise["id"]])):
        listed = field.caller.get(f"/v1/visits?needs_new_plan={wanted}").json["items"]
        assert [v["id"] for v in listed] == ids
    moved = step(
        field.caller,
        visit,
        "schedule",
        starts_at=(field.tomorrow + DAY).isoformat(),
        ends_at=(field.tomorrow + DAY + timedelta(hours=1)).isoformat(),
    )
    assert (moved.status_code, moved.json["needs_new_plan"]) == (200, False)


def made_contact(field, visit):
    step(field.caller, visit, "check-out")
    return contacts(field.caller, field.customer)[0]


def test_unannounced_it_counts_as_a_fact(field):
    visit = planned(field.caller, field.customer, starts_at=field.now, is_unannounced=True)

    out = made(field.caller, visit)

    assert out["booking"] == "none"
    assert out["contact_id"] == contacts(field.caller, field.customer)[0]["id"]
    assert _slots() == 1
    blocked = plan(
        field.caller, field.customer, starts_at=field.now + timedelta(hours=5), objectives=[]
    )
    assert blocked.json["code"] == "contact_blocked"


def test_a_customer_who_was_out_spends_the_visit_cap_only(field, at, slot_of):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    at(field.tomorrow + timedelta(minutes=30))

    reply = step(field.caller, visit, "absence", absent="customer", proof="The guard says so.")
    again = step(field.caller, visit, "absence", absent="customer", proof="The guard says so.")

    assert (reply.json["status"], reply.json["absent"]) == ("missed", "customer")
    assert (again.status_code, again.json) == (200, reply.json)
    assert (slot_of(visit).state, slot_of(visit).counting) == (
        SlotState.CONSUMED,
        Counting.VISIT_ONLY,
    )
    assert [c["outcome"] for c in contacts(field.caller, field.customer)] == ["absent"]
    soon = plan(
        field.caller, field.customer, starts_at=field.tomorrow + timedelta(hours=4), objectives=[]
    )
    assert soon.status_code == 201
    assert [w["policy_key"] for w in soon.json["warnings"]] == ["visit_week"]


def test_where_we_did_not_come_nothing_happened(field, at, slot_of):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    at(field.tomorrow + timedelta(minutes=30))

    reply = step(field.caller, visit, "absence", absent="us", proof="The car broke down.")

    assert (reply.json["status"], reply.json["booking"]) == ("missed", "released")
    assert slot_of(visit).state is SlotState.RELEASED
    assert contacts(field.caller, field.customer) == []
    soon = plan(
        field.caller, field.customer, starts_at=field.tomorrow + timedelta(hours=4), objectives=[]
    )
    assert (soon.status_code, soon.json["warnings"]) == (201, [])


def test_nobody_misses_what_is_to_come(field):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)

    reply = step(field.caller, visit, "absence", absent="customer", proof="Foreseen.")

    assert (reply.status_code, reply.json["code"]) == (409, "visit_not_due_yet")


def test_an_unannounced_visit_to_an_absent_customer_is_a_fact_too(field):
    visit = planned(field.caller, field.customer, starts_at=field.now, is_unannounced=True)

    reply = step(field.caller, visit, "absence", absent="customer", proof="Nobody opened.")

    assert reply.json["contact_id"] == contacts(field.caller, field.customer)[0]["id"]
    assert _slots() == 1


def test_coordinates_are_forgotten_and_the_verdict_stays(field, at, app):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow, **DOOR)
    at(field.tomorrow)
    step(field.caller, visit, "check-in", **HERE)
    purge = app.test_cli_runner()

    at(field.tomorrow + timedelta(days=30))
    kept = purge.invoke(args=["visits", "purge-coordinates"])
    at(field.tomorrow + timedelta(days=30, seconds=1))
    gone = purge.invoke(args=["visits", "purge-coordinates"])

    assert "of 0 check-ins" in kept.output
    assert "of 1 check-ins" in gone.output
    db.session.rollback()
    row = db.session.execute(
        sa.select(Visit.latitude, Visit.longitude, Visit.verdict, Visit.distance_m)
    ).one()
    assert row == (None, None, "verified", 11)


def test_two_far_doors_in_an_hour_are_suspicious(field, at):
    here = planned(field.caller, field.customer, starts_at=field.tomorrow)
    at(field.tomorrow)
    step(field.caller, here, "check-in", **HERE)
    there = planned(
        field.caller, field.customer, starts_at=field.tomorrow, is_unannounced=True, objectives=[]
    )

    reply = step(field.caller, there, "check-in", latitude=39.9, longitude=116.4, accuracy_m=10.0)

    assert reply.json["verdict"] == "suspicious"
    assert "travel_impossible" in reply.json["verdict_reasons"]


def _slots():
    return db.session.scalar(sa.select(sa.func.count()).select_from(Slot))
