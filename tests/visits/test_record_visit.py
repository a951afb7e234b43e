"""Closing a visit."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.terms import SlotState
from crm_api.contact_frequency.values import Plan
from crm_api.customers.models import ExtendedProfile
from crm_api.customers.terms import Category, Channel
from crm_api.kit.db import db
from crm_api.visits.models import FollowUp, LearnedFact, Promise, VisitRecord
from tests.factories.accounts import make_staff
from tests.factories.visits import a_record, contacts, made, planned, step

DAY = timedelta(days=1)


@pytest.fixture
def visit(field, at):
    """A visit just made."""
    planned_visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    at(field.tomorrow + timedelta(minutes=30))
    return made(field.caller, planned_visit)


def a_call(at, **changes):
    return {"channel": "call", "category": "service", "at": at.isoformat(), **changes}


def test_the_whole_day(field, at, slot_of):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow, id="day-1")
    step(field.caller, visit, "confirmation", by="王示例", how="wechat")
    at(field.tomorrow)
    step(field.caller, visit, "check-in")
    note = field.caller.post(
        "/v1/visits/day-1/notes", json={"id": "n-1", "text": "Asks about roaming."}
    )
    at(field.tomorrow + timedelta(minutes=50))
    step(field.caller, visit, "check-out")
    at(field.tomorrow + timedelta(hours=2))
    reply = step(
        field.caller,
        visit,
        "record",
        summary="Content; opens a second branch in May.",
        persons_met=[{"name": "王示例"}],
        objectives=[{"id": visit["objectives"][0]["id"], "outcome": "met", "note": "It is her."}],
        sections={"rivals": "A rival called twice.", "opportunities": "The branch."},
        amendments={"employer": "示范贸易", "interests": ["钓鱼"]},
        promises=[{"id": "p-1", "text": "Send the roaming table.", "due_on": "2026-03-06"}],
        follow_ups=[{"id": "f-1", "text": "Measure the signal.", "due_on": "2026-03-09"}],
        next_touch={
            "id": "f-2",
            "text": "Ask whether the table helped.",
            "due_on": "2026-03-10",
            "contact": a_call(field.tomorrow + 3 * DAY),
        },
        went_well="Found common ground.",
        next_time="Bring the map.",
    )

    assert (note.status_code, reply.status_code) == (201, 200), reply.json
    closed = reply.json
    assert (closed["status"], closed["booking"]) == ("recorded", "reserved")
    assert closed["record"]["sections"] == {
        "rivals": "A rival called twice.",
        "opportunities": "The branch.",
    }
    assert closed["objectives"][0]["outcome"] == "met"
    assert [p["id"] for p in closed["promises"]] == ["p-1"]
    assert [f["id"] for f in closed["follow_ups"]] == ["f-1", "f-2"]
    assert slot_of(visit | closed).state is SlotState.CONSUMED
    assert slot_of(closed["follow_ups"][1]).state is SlotState.RESERVED
    told = contacts(field.caller, field.customer)
    assert [(c["summary"], c["with_whom"]) for c in told] == [
        ("Content; opens a second branch in May.", "王示例")
    ]
    assert field.caller.get("/v1/visits/day-1").json == closed


def test_recorded_twice_it_is_recorded_once(field, visit):
    content = a_record(visit, promises=[{"text": "Send it.", "due_on": "2026-03-06"}])

    first = step(field.caller, visit, "record", **content)
    again = step(field.caller, visit, "record", {"If-Match": '"1"'}, **content)
    other = step(field.caller, visit, "record", **{**content, "summary": "Otherwise."})

    assert (again.status_code, again.json) == (200, first.json)
    assert (other.status_code, other.json["code"]) == (409, "visit_step_taken_otherwise")
    assert _count(Promise) == 1
    assert len(contacts(field.caller, field.customer)) == 1


def test_each_objective_wants_its_outcome(field, visit):
    reply = step(field.caller, visit, "record", **a_record(visit, objectives=[]))

    assert (reply.status_code, reply.json["code"]) == (409, "objectives_unanswered")
    assert reply.json["objective_ids"] == [visit["objectives"][0]["id"]]


def test_no_customer_is_forgotten(field, visit):
    reply = step(field.caller, visit, "record", **a_record(visit, leave_alone=None))

    assert (reply.status_code, reply.json["code"]) == (409, "next_step_missing")


def test_nobody_is_touched_and_left_alone_both(field, visit):
    touch = {
        "text": "Ring.",
        "due_on": "2026-03-10",
        "contact": a_call(field.tomorrow + 3 * DAY),
    }

    reply = step(field.caller, visit, "record", **a_record(visit, next_touch=touch))

    assert reply.status_code == 422


def test_leaving_alone_places_a_hold(field, visit):
    reply = step(
        field.caller,
        visit,
        "record",
        **a_record(visit, leave_alone={"until": "2026-04-01", "reason": "A death in the family."}),
    )

    assert reply.status_code == 200
    assert reply.json["record"]["leave_alone_until"] == "2026-04-01"
    held = _ask(field, field.tomorrow + 10 * DAY)
    free = _ask(field, field.tomorrow + 28 * DAY)  # the first of April
    assert (held.verdict, free.verdict) == ("blocked", "allowed")
    assert "leave_alone" in [reason.code for reason in held.reasons]


def test_leaving_alone_is_for_a_time_to_come(field, visit):
    alone = {"until": "2026-03-04", "reason": "Quiet."}

    reply = step(field.caller, visit, "record", **a_record(visit, leave_alone=alone))

    assert reply.status_code == 422
    assert reply.json["errors"][0]["pointer"] == "/leave_alone/until"


def test_where_a_follow_up_is_blocked_nothing_is_recorded(field, visit):
    content = a_record(
        visit,
        amendments={"employer": "示范贸易"},
        promises=[{"text": "Send it.", "due_on": "2026-03-06"}],
        follow_ups=[
            {
                "text": "Ring at once.",
                "due_on": "2026-03-04",
                "contact": a_call(field.tomorrow + timedelta(hours=3)),
            }
        ],
    )

    reply = step(field.caller, visit, "record", **content)

    assert (reply.status_code, reply.json["code"]) == (409, "contact_blocked")
    assert reply.json["next_allowed_at"]
    kept = field.caller.get(f"/v1/visits/{visit['id']}").json
    assert (kept["status"], kept["version"]) == ("checked_out", visit["version"])
    tables = (VisitRecord, Promise, FollowUp, LearnedFact, ExtendedProfile)
    assert [_count(table) for table in tables] == [0, 0, 0, 0, 0]


def test_a_follow_up_goes_through_under_an_override(field, visit, sign_in, slot_of):
    contact = a_call(field.tomorrow + timedelta(hours=3))
    task = {"text": "Ring at once.", "due_on": "2026-03-04", "contact": contact}
    refusal = step(field.caller, visit, "record", **a_record(visit, follow_ups=[task])).json
    wish = {"decision_id": refusal["decision_id"], "reason": "They wait for it."}
    override = field.caller.post("/v1/contact-overrides", json=wish).json
    approval = {"reason": "So be it."}
    admin = sign_in(make_staff(Role.ADMIN))
    admin.put(f"/v1/contact-overrides/{override['id']}/approval", json=approval)
    contact["override_id"] = override["id"]

    reply = step(field.caller, visit, "record", **a_record(visit, follow_ups=[task]))

    assert reply.status_code == 200, reply.json
    assert slot_of(reply.json["follow_ups"][0]).override_id == override["id"]
    again = step(field.caller, visit, "record", **a_record(visit, follow_ups=[task]))
    assert again.status_code == 200


def test_thanks_within_two_days_count_with_the_visit(field, visit):
    thanks = {
        "text": "Thank them.",
        "due_on": "2026-03-05",
        "contact": a_call(field.tomorrow + timedelta(hours=3), serves_visit=True),
    }

    reply = step(field.caller, visit, "record", **a_record(visit, follow_ups=[thanks]))

    assert reply.status_code == 200, reply.json


def test_the_next_touch_may_be_a_visit(field, visit):
    touch = {
        "text": "Bring the contract.",
        "due_on": "2026-03-12",
        "next_visit_id": "next-1",
        "contact": {
            "channel": "visit",
            "category": "service",
            "at": (field.tomorrow + 8 * DAY).isoformat(),
        },
    }

    reply = step(
        field.caller, visit, "record", **a_record(visit, leave_alone=None, next_touch=touch)
    )

    assert reply.status_code == 200, reply.json
    following = field.caller.get("/v1/visits/next-1").json
    assert (following["status"], following["booking"]) == ("planned", "reserved")
    assert following["objectives"][0]["text"] == "Bring the contract."
    assert reply.json["follow_ups"][0]["next_visit_id"] == "next-1"
    assert reply.json["follow_ups"][0]["is_next_touch"]


def test_what_is_learnt_goes_into_the_profile_with_its_source(field, visit):
    content = a_record(
        visit,
        amendments={
            "employer": "示范贸易",
            "interests": ["钓鱼"],
            "communication_style": "direct",
            "birth_on": "1980-05-06",
        },
        anniversaries=[
            {"kind": "wedding", "calendar": "lunar", "month": 8, "day": 15, "label": "结婚"}
        ],
        life_events=[{"kind": "promotion", "happened_on": "2026-03-01"}],
        confirmed_facts=["phone"],
    )
    assert step(field.caller, visit, "record", **content).status_code == 200

    profile = db.session.get(ExtendedProfile, field.customer.id, populate_existing=True)
    assert (profile.employer, profile.interests) == ("示范贸易", ["钓鱼"])
    reply = field.caller.get(f"/v1/customers/{field.customer.id}/learned-facts")
    learned = {fact["field"]: fact for fact in reply.json["items"]}
    assert set(learned) == {
        "employer",
        "interests",
        "communication_style",
        "birth_on",
        "anniversary:wedding",
        "life_event:promotion",
        "phone",
    }
    assert (learned["employer"]["before"], learned["employer"]["after"]) == ("", "示范贸易")
    assert learned["birth_on"]["after"] == "1980-05-06"
    assert learned["phone"]["before"] == learned["phone"]["after"]
    assert {(f["by_id"], f["visit_id"]) for f in learned.values()} == {
        (field.owner.id, visit["id"])
    }
    [event] = field.caller.get(f"/v1/customers/{field.customer.id}/life-events").json["items"]
    assert (event["by_id"], event["visit_id"]) == (field.owner.id, visit["id"])


def test_a_slot_that_no_contact_used_goes_back(field, visit):
    task = {
        "id": "f-1",
        "text": "Ring.",
        "due_on": "2026-03-10",
        "contact": a_call(field.tomorrow + 3 * DAY),
    }
    step(field.caller, visit, "record", **a_record(visit, follow_ups=[task]))

    done = field.caller.put("/v1/follow-ups/f-1/completion", json={"outcome": "They rang us."})
    again = field.caller.put("/v1/follow-ups/f-1/completion", json={"outcome": "They rang us."})
    other = field.caller.put("/v1/follow-ups/f-1/completion", json={"outcome": "Never mind."})

    assert (done.status_code, again.json) == (200, done.json)
    assert (other.status_code, other.json["code"]) == (409, "already_done")
    db.session.rollback()
    slot = db.session.scalars(sa.select(Slot).where(Slot.id == done.json["slot_id"])).one()
    assert slot.state is SlotState.RELEASED


def test_a_stub_that_was_corrected_is_completed_all_the_same(field, visit):
    corrected = field.caller.post(
        f"/v1/contacts/{visit['contact_id']}/corrections",
        json={"reason": "Met somebody else.", "with_whom": "李示例"},
    )
    assert corrected.status_code == 201, corrected.json

    step(field.caller, visit, "record", **a_record(visit, persons_met=[{"name": "李示例"}]))

    told = contacts(field.caller, field.customer)
    assert [c["summary"] for c in told] == ["They are content and open a second branch."]


def test_a_follow_up_is_no_visit(field, visit):
    task = {
        "text": "Go again.",
        "due_on": "2026-03-10",
        "contact": {"channel": "visit", "at": (field.tomorrow + 3 * DAY).isoformat()},
    }

    reply = step(field.caller, visit, "record", **a_record(visit, follow_ups=[task]))

    assert reply.status_code == 422


def test_promises_are_kept_once(field, visit):
    promises = [
        {"id": "p-1", "text": "Send it.", "due_on": "2026-03-06"},
        {"id": "p-2", "text": "Ask the network people.", "due_on": "2026-03-05"},
    ]
    step(field.caller, visit, "record", **a_record(visit, promises=promises))

    kept = field.caller.put("/v1/promises/p-1/keeping", json={"how": "By email."})
    again = field.caller.put("/v1/promises/p-1/keeping", json={"how": "By email."})
    other = field.caller.put("/v1/promises/p-1/keeping", json={"how": "By post."})

    assert (kept.status_code, again.json) == (200, kept.json)
    assert (other.status_code, other.json["code"]) == (409, "already_done")
    still = field.caller.get("/v1/promises?state=open").json["items"]
    every = field.caller.get(f"/v1/promises?customer_id={field.customer.id}").json["items"]
    assert [p["id"] for p in still] == ["p-2"]
    assert [p["id"] for p in every] == ["p-2", "p-1"]


def _count(table):
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(table))


def _ask(field, moment):
    care = Plan(
        customer_id=field.customer.id, channel=Channel.CALL, category=Category.CARE, at=moment
    )
    return contact_frequency.preflight(care, now=field.tomorrow + timedelta(hours=1))
