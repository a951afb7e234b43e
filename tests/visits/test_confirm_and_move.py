"""What becomes of a plan before the day."""

from datetime import timedelta

import pytest

from crm_api.contact_frequency.terms import SlotState
from tests.factories.visits import made, plan, planned, step

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def to(moment, **changes):
    return {
        "starts_at": moment.isoformat(),
        "ends_at": (moment + HOUR).isoformat(),
        **changes,
    }


def test_the_customer_agrees(field):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)

    reply = step(field.caller, visit, "confirmation", by="王示例", how="call")

    assert reply.status_code == 200
    assert (reply.json["status"], reply.json["booking"]) == ("confirmed", "reserved")
    assert (reply.json["confirmed_by"], reply.json["confirmed_how"]) == ("王示例", "call")
    assert reply.json["confirmed_at"].startswith("2026-03-03T02:00:00")


def test_a_repeat_is_answered_alike_whatever_its_sender_had_read(field):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    stale = {"If-Match": f'"{visit["version"]}"'}

    first = step(field.caller, visit, "confirmation", stale, by="王示例", how="call")
    again = step(field.caller, visit, "confirmation", stale, by="王示例", how="call")

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json == first.json
    assert again.headers["ETag"] == first.headers["ETag"] != f'"{visit["version"]}"'


def test_said_otherwise_it_is_refused(field):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    step(field.caller, visit, "confirmation", by="王示例", how="call")

    reply = step(field.caller, visit, "confirmation", by="李示例", how="call")

    assert (reply.status_code, reply.json["code"]) == (409, "visit_step_taken_otherwise")


def test_a_stale_version_is_refused_where_it_is_named(field):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    stale = {"If-Match": f'"{visit["version"]}"'}
    step(field.caller, visit, "confirmation", by="王示例", how="call")

    reply = step(field.caller, visit, "cancellation", stale, by="us", reason="Ill.")

    assert (reply.status_code, reply.json["code"]) == (412, "stale_version")
    assert step(field.caller, visit, "cancellation", by="us", reason="Ill.").status_code == 200


def test_moving_keeps_the_id_and_moves_the_slot(field, slot_of):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    step(field.caller, visit, "confirmation", by="王示例", how="call")

    reply = step(field.caller, visit, "schedule", **to(field.tomorrow + DAY, place="虚构街 1 号"))

    assert reply.status_code == 200, reply.json
    assert (reply.json["id"], reply.json["slot_id"]) == (visit["id"], visit["slot_id"])
    assert reply.json["place"] == "虚构街 1 号"
    assert slot_of(visit).effective_at == field.tomorrow + DAY
    # They agreed to another time.
    assert (reply.json["status"], reply.json["confirmed_by"]) == ("planned", None)


def test_a_refused_move_leaves_all_as_it_was(field, slot_of):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    step(field.caller, visit, "confirmation", by="王示例", how="call")
    other = planned(field.caller, field.customer, starts_at=field.tomorrow + 3 * DAY, objectives=[])

    reply = step(field.caller, visit, "schedule", **to(field.tomorrow + 3 * DAY - HOUR))

    assert (reply.status_code, reply.json["code"]) == (409, "contact_blocked")
    assert reply.json["decision"]["reasons"]
    kept = field.caller.get(f"/v1/visits/{visit['id']}").json
    assert (kept["starts_at"], kept["status"]) == (visit["starts_at"], "confirmed")
    assert slot_of(visit).effective_at == field.tomorrow
    assert slot_of(other).effective_at == field.tomorrow + 3 * DAY


def test_moved_twice_alike_it_moves_once(field):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    first = step(field.caller, visit, "schedule", **to(field.tomorrow + DAY))

    again = step(
        field.caller,
        visit,
        "schedule",
        {"If-Match": f'"{visit["version"]}"'},
        **to(field.tomorrow + DAY),
    )

    assert (again.status_code, again.json) == (200, first.json)


def test_nobody_moves_a_visit_into_the_past(field):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)

    reply = step(field.caller, visit, "schedule", **to(field.now - DAY))

    assert reply.status_code == 422


def test_calling_it_off_gives_the_slot_back(field, slot_of):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)

    reply = step(field.caller, visit, "cancellation", by="customer", reason="They travel.")
    again = step(field.caller, visit, "cancellation", by="customer", reason="They travel.")

    assert (reply.json["status"], reply.json["booking"]) == ("cancelled", "released")
    assert (reply.json["cancelled_by"], reply.json["cancel_reason"]) == (
        "customer",
        "They travel.",
    )
    assert (again.status_code, again.json) == (200, reply.json)
    assert (slot_of(visit).state, slot_of(visit).reason) == (SlotState.RELEASED, "cancelled")
    freed = plan(field.caller, field.customer, starts_at=field.tomorrow, objectives=[])
    assert freed.status_code == 201


def test_without_a_slot_nothing_can_be_promised(field):
    visit = planned(field.caller, field.customer, starts_at=field.now, is_unannounced=True)

    reply = step(field.caller, visit, "confirmation", by="王示例", how="call")

    assert (reply.status_code, reply.json["code"]) == (409, "visit_not_booked")


def test_put_off_an_unannounced_visit_is_a_plan_like_any_other(field, slot_of):
    visit = planned(field.caller, field.customer, starts_at=field.now, is_unannounced=True)

    reply = step(field.caller, visit, "schedule", **to(field.tomorrow))

    assert (reply.json["booking"], reply.json["is_unannounced"]) == ("reserved", False)
    assert slot_of(reply.json).effective_at == field.tomorrow


STEPS = {
    "confirmation": {"by": "王示例", "how": "call"},
    "schedule": {"starts_at": "2026-03-10T02:00:00Z", "ends_at": "2026-03-10T03:00:00Z"},
    "cancellation": {"by": "us", "reason": "Ill."},
    "absence": {"absent": "us", "proof": "The car broke down."},
    "check-in": {},
    "check-out": {},
    "record": {"summary": "Well.", "leave_alone": {"until": "2099-01-01", "reason": "Quiet."}},
}


@pytest.mark.parametrize("name", ["check-out", "record"])
def test_nothing_ends_before_it_began(field, name):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)

    reply = step(field.caller, visit, name, **STEPS[name])

    assert (reply.status_code, reply.json["code"]) == (409, "visit_out_of_order")
    assert reply.json["visit_status"] == "planned"


@pytest.mark.parametrize("name", ["confirmation", "schedule", "cancellation", "absence"])
def test_what_was_made_cannot_be_planned_otherwise(field, name):
    visit = planned(field.caller, field.customer, starts_at=field.now, is_unannounced=True)
    made(field.caller, visit)

    reply = step(field.caller, visit, name, **STEPS[name])

    assert (reply.status_code, reply.json["code"]) == (409, "visit_out_of_order")
    assert reply.json["possible_from"]


@pytest.mark.parametrize("name", [n for n in STEPS if n != "cancellation"])
def test_what_was_called_off_goes_no_further(field, at, name):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    step(field.caller, visit, "cancellation", by="us", reason="Ill.")
    at(field.tomorrow)

    reply = step(field.caller, visit, name, **STEPS[name])

    assert (reply.status_code, reply.json["code"]) == (409, "visit_out_of_order")
