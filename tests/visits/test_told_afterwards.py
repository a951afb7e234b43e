"""What phones told afterwards: plans kept against the caps, and what becomes of them online."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.contact_frequency.models import Slot, StoredDecision
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.visits import service
from crm_api.visits.errors import VisitClosed, VisitDeleted, VisitOutOfOrder
from crm_api.visits.models import Visit
from crm_api.visits.schemas.plans import NewVisitSchema
from tests.factories.visits import a_plan, contacts, made, planned, step

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def keep(field):
    """Tell of a plan as a phone does, hours later."""

    def keep_plan(starts_at, *, is_made=False, **changes):
        content = NewVisitSchema().load(
            a_plan(field.customer, starts_at=starts_at, objectives=[], id="v-1", **changes)
        )
        content.pop("override_id")
        with transaction():
            kept = service.keep_plan(content, is_made=is_made, by=field.owner, now=field.now)
        return field.caller.get(f"/v1/visits/{kept.id}").json

    return keep_plan


@pytest.fixture
def refused(field, keep):
    """A visit that stands three hours after another one."""
    planned(field.caller, field.customer, starts_at=field.tomorrow)
    return keep(field.tomorrow + 3 * HOUR)


def test_a_plan_against_the_caps_is_kept_with_the_reasons_and_without_a_slot(field, refused):
    assert (refused["status"], refused["booking"]) == ("planned", "refused")
    assert "gap_too_short" in [r["code"] for r in refused["refused_because"]]
    assert refused["next_allowed_at"] == (field.tomorrow + DAY).isoformat().replace("+00:00", "Z")
    assert refused["slot_id"] is None
    listed = field.caller.get("/v1/visits?booking=refused").json["items"]
    assert [v["id"] for v in listed] == ["v-1"]
    assert db.session.get(StoredDecision, refused["refusal_id"]) is not None
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Slot)) == 1


def test_within_the_caps_it_is_booked_like_any_other(field, keep):
    kept = keep(field.tomorrow)

    assert (kept["booking"], kept["refused_because"]) == ("reserved", None)


def test_what_holds_no_slot_is_not_promised_to_the_customer(field, refused):
    reply = step(field.caller, refused, "confirmation", by="王示例", how="call")

    assert (reply.status_code, reply.json["code"]) == (409, "visit_not_booked")


def test_moved_to_the_moment_it_names_it_is_booked(field, refused):
    starts_at = refused["next_allowed_at"]
    ends_at = (field.tomorrow + DAY + HOUR).isoformat()

    reply = step(field.caller, refused, "schedule", starts_at=starts_at, ends_at=ends_at)

    assert reply.status_code == 200, reply.json
    assert (reply.json["booking"], reply.json["next_allowed_at"]) == ("reserved", None)
    assert (reply.json["refused_because"], reply.json["refusal_id"]) == (None, None)


def test_asked_again_for_the_same_time_it_is_judged_again(field, refused):
    there = {"starts_at": refused["starts_at"], "ends_at": refused["ends_at"]}
    again = step(field.caller, refused, "schedule", **there)
    [other] = [v for v in field.caller.get("/v1/visits").json["items"] if v["id"] != refused["id"]]
    step(field.caller, other, "cancellation", by="customer", reason="They travel.")

    free = step(field.caller, refused, "schedule", **there)

    assert (again.status_code, again.json["code"]) == (409, "contact_blocked")
    assert (free.status_code, free.json["booking"]) == (200, "reserved")


def test_made_all_the_same_it_counts_and_goes_beyond(field, refused, at):
    at(field.tomorrow + 3 * HOUR)

    visit = made(field.caller, refused)

    assert (visit["status"], visit["contact_id"] is None) == ("checked_out", False)
    assert "gap_too_short" in [w["code"] for w in visit["warnings"]]


def test_a_plan_that_was_made_meanwhile_reserves_nothing(field, keep):
    kept = keep(field.now - 3 * HOUR, is_made=True)

    assert (kept["booking"], kept["slot_id"]) == ("none", None)


def test_a_plan_whose_time_went_by_is_kept_as_refused(field, keep):
    kept = keep(field.now - HOUR / 2)

    assert kept["booking"] == "refused"
    assert [r["code"] for r in kept["refused_because"]] == ["in_the_past"]


def test_moved_against_the_caps_it_gives_its_slot_back(field, keep, slot_of):
    planned(field.caller, field.customer, starts_at=field.tomorrow)
    kept = keep(field.tomorrow + 2 * DAY)
    there = field.tomorrow + 2 * HOUR
    content = {"starts_at": there, "ends_at": there + HOUR, "place": None}

    with transaction():
        service.keep_move("v-1", content, is_made=False, by=field.owner, now=field.now)

    moved = field.caller.get("/v1/visits/v-1").json
    assert (moved["booking"], moved["slot_id"]) == ("refused", None)
    assert slot_of(kept).state.value == "released"


def test_deleted_on_a_phone_it_is_called_off_for_good(field, slot_of):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    by = field.owner

    with transaction():
        service.delete_visit(visit["id"], by=by, now=field.now)

    assert (slot_of(visit).state.value, slot_of(visit).reason) == ("released", "deleted")
    stored = db.session.get(Visit, visit["id"])
    assert (stored.status.value, stored.deleted_at) == ("cancelled", field.now)
    with pytest.raises(VisitDeleted), transaction():
        service.reopen(visit["id"], by=by)


def test_agreed_on_it_is_not_simply_deleted(field):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    step(field.caller, visit, "confirmation", by="王示例", how="call")

    with pytest.raises(VisitOutOfOrder), transaction():
        service.delete_visit(visit["id"], by=field.owner, now=field.now)


def test_called_off_meanwhile_it_was_made_all_the_same(field, at):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    step(field.caller, visit, "cancellation", by="us", reason="Ill.")
    at(field.tomorrow)

    with transaction():
        service.reopen(visit["id"], by=field.owner)

    told = made(field.caller, visit)
    assert (told["status"], told["cancelled_at"]) == ("checked_out", None)
    assert len(contacts(field.caller, field.customer)) == 1


def test_what_a_phone_added_row_by_row_closes_the_visit(field, at):
    by, customer = field.owner, field.customer
    visit = planned(field.caller, customer, starts_at=field.tomorrow)
    at(field.tomorrow)
    made(field.caller, visit)
    now = field.tomorrow
    content = {
        "summary": "They are content.",
        "sections": {"rivals": "None called."},
        "went_well": "",
        "went_badly": "",
        "next_time": "",
        "share_retrospective": True,
        "leave_alone": {"until": (now - DAY).date(), "reason": "They asked for quiet."},
    }
    person = {"id": "p-1", "customer_id": None, "name": "李示例", "role": "", "was_met": True}

    with transaction():
        service.add_objective(visit["id"], objective_id="o-2", text="More.", by=by, now=now)
        for objective_id in (visit["objectives"][0]["id"], "o-2"):
            answer = {"outcome": "met", "outcome_note": ""}
            service.answer_objective(objective_id, answer, by=by)
        service.add_person(visit["id"], person, by=by, now=now)
        service.close_visit(visit["id"], content, at=now, by=by, now=now)

    closed = field.caller.get(f"/v1/visits/{visit['id']}").json
    assert (closed["status"], closed["record"]["sections"]) == ("recorded", content["sections"])
    assert [o["outcome"] for o in closed["objectives"]] == ["met", "met"]
    [told] = contacts(field.caller, customer)
    assert (told["summary"], told["with_whom"]) == ("They are content.", "李示例")
    with pytest.raises(VisitClosed), transaction():
        service.note_presence("p-1", was_met=False, by=by)
