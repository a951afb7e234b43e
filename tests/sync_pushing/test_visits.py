"""Visits told by phones: plans judged, facts taken, whatever others did meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.models import Slot
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.sync.models import SyncIssue
from crm_api.visits.models import Visit, VisitNote
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer
from tests.factories.visits import contacts, planned, step
from tests.support.feeds import assert_feeds_true, feed_of, follow
from tests.sync_pushing.phone import Phone, codes, ms, send
from tests.sync_pushing.visits import (
    HOUR,
    MINUTE,
    a_note,
    a_person,
    a_touch,
    a_visit,
    an_objective,
    created,
    edited_since,
    made,
)

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def policies(app, moment, owner):
    """The caps are in force, the owner's phones read; in the end, every feed is true."""
    with transaction():
        contact_frequency.ensure_default_policies(now=moment - timedelta(days=30))
    follow(owner)
    yield
    assert_feeds_true(app)


def test_a_whole_visit_made_offline_is_taken_at_once(phone, customer, whole, seen, moment):
    reply = send(phone, whole())

    visit = seen()
    assert (reply["rejections"], reply["experimentalRejectedIds"]) == ([], {})
    assert (visit["status"], visit["is_unannounced"], visit["tools"]) == (
        "recorded",
        False,
        ["gift"],
    )
    assert visit["checked_in_at"] == "2026-03-03T00:01:00Z"
    assert visit["record"]["sections"] == {"rivals": "None called."}
    assert (visit["objectives"][0]["outcome"], visit["persons"][0]["was_met"]) == ("met", True)
    assert visit["persons"][0]["is_planned"]
    [told] = contacts(phone.caller, customer)
    assert (told["summary"], told["with_whom"]) == (
        "They are content and open a second branch.",
        "王示例",
    )
    assert [s.state.value for s in db.session.scalars(sa.select(Slot))] == ["consumed"]
    note = db.session.get(VisitNote, "n-1")
    assert note.created_at == moment - 2 * HOUR + 10 * MINUTE


def test_a_repeat_after_a_lost_answer_changes_nothing(phone, customer, whole, seen):
    send(phone, whole())
    before = seen()

    again = send(phone, whole())

    assert again["rejections"] == []
    assert seen() == before
    assert len(contacts(phone.caller, customer)) == 1


def test_a_clock_three_days_ahead_is_put_right(phone, customer, moment, seen):
    ahead = 3 * DAY
    began = moment - 2 * HOUR
    row = a_visit(customer, starts_at=began, **made(began + ahead))

    reply = send(phone, created(visits=[row]), headers={"X-Device-Now": str(ms(moment + ahead))})

    visit = seen()
    assert reply["rejections"] == []
    assert "out_of_time" not in visit["verdict_reasons"]
    # What somebody chose means what it says; what the clock said is a fact put right.
    assert visit["starts_at"] == began.isoformat().replace("+00:00", "Z")
    assert visit["checked_in_at"] == "2026-03-03T00:01:00Z"


def test_a_plan_against_the_caps_is_kept_as_refused_and_booked_once_moved(
    phone, owner, customer, moment, seen
):
    planned(phone.caller, customer, starts_at=moment + DAY)
    reply = send(phone, created(visits=[a_visit(customer, starts_at=moment + DAY + 3 * HOUR)]))
    kept = seen()

    moved_to = moment + 3 * DAY
    edits = {"starts_at": ms(moved_to), "ends_at": ms(moved_to + HOUR)}
    row = a_visit(customer, starts_at=moved_to)
    phone.push("visits", updated=[("v-1", {**row, **edits})])

    assert reply["rejections"] == []
    assert (kept["booking"], kept["slot_id"]) == ("refused", None)
    assert kept["refused_because"]
    assert kept["next_allowed_at"] == "2026-03-05T02:00:00Z"
    moved = seen()
    assert (moved["booking"], moved["refused_because"]) == ("reserved", None)
    assert ("visits", "v-1", "put") in feed_of(owner)


def test_what_holds_no_slot_cannot_be_confirmed(phone, customer, moment, seen):
    planned(phone.caller, customer, starts_at=moment + DAY)
    row = a_visit(
        customer,
        starts_at=moment + DAY + 3 * HOUR,
        confirmed_at=ms(moment),
        confirmed_by="王示例",
        confirmed_how="call",
    )

    reply = send(phone, created(visits=[row]))

    # The plan is kept, its confirmation is not.
    assert codes(reply) == [("visits", "visit_not_booked", False)]
    assert (seen()["booking"], seen()["confirmed_at"]) == ("refused", None)
    assert db.session.scalar(sa.select(SyncIssue.content))["row"]["confirmed_by"] == "王示例"


def test_the_steps_of_a_plan(phone, customer, moment, seen, at):
    send(phone, created(visits=[a_visit(customer, starts_at=moment + DAY)]))
    said = {"confirmed_at": ms(moment), "confirmed_by": "王示例", "confirmed_how": "call"}
    phone.push("visits", updated=[("v-1", said)])
    confirmed = seen()
    at(moment + 2 * HOUR)
    off = {"cancelled_at": ms(moment + HOUR), "cancelled_by": "customer", "cancel_reason": "Ill."}

    phone.push("visits", updated=[("v-1", {**said, **off})])

    assert (confirmed["status"], confirmed["booking"]) == ("confirmed", "reserved")
    assert (seen()["status"], seen()["booking"]) == ("cancelled", "released")
    assert seen()["cancelled_at"] == "2026-03-03T03:00:00Z"


def test_a_customer_who_was_out_is_a_fact(phone, customer, moment, seen):
    began = moment - HOUR
    row = a_visit(customer, starts_at=began, missed_at=ms(moment), absent="customer")

    send(phone, created(visits=[row]))

    assert (seen()["status"], seen()["absence_proof"]) == ("missed", "Not stated.")
    assert [c["outcome"] for c in contacts(phone.caller, customer)] == ["absent"]


def test_called_off_by_another_and_made_all_the_same(phone, customer, moment, seen, at):
    visit = planned(phone.caller, customer, starts_at=moment + HOUR, id="v-1")
    step(phone.caller, visit, "cancellation", by="us", reason="Ill.")
    at(moment + 3 * HOUR)

    phone.push("visits", updated=[("v-1", made(moment + HOUR))])

    assert (seen()["status"], seen()["cancelled_at"]) == ("checked_out", None)
    assert len(contacts(phone.caller, customer)) == 1


def test_without_its_end_the_record_stays_fixable_and_the_facts_stand(phone, customer, whole, seen):
    reply = send(phone, edited_since(whole(leave_alone_until=None), "recorded_at,summary"))
    stood = seen()["status"]

    again = send(phone, edited_since(whole(), "recorded_at,summary,leave_alone_until"))

    assert codes(reply) == [("visits", "next_step_missing", True)]
    assert reply["experimentalRejectedIds"] == {"visits": ["v-1"]}
    assert stood == "checked_out"
    assert again["rejections"] == []
    assert seen()["status"] == "recorded"
    assert len(contacts(phone.caller, customer)) == 1


def test_what_the_servers_row_would_write_over_is_kept_as_an_issue(phone, whole, seen):
    """The stock client keeps only what was edited since a row was made."""
    reply = send(phone, whole(leave_alone_until=None))

    assert codes(reply) == [("visits", "next_step_missing", False)]
    kept = db.session.scalars(sa.select(SyncIssue)).one()
    assert kept.content["row"]["summary"] == "They are content and open a second branch."
    assert seen()["status"] == "checked_out"


def test_the_next_touch_of_the_same_push_closes_it(phone, customer, whole, seen, moment):
    touch = a_touch(moment + 5 * DAY)
    promise = {"id": "pr-1", "customer_id": customer.id, "visit_id": "v-1", "text": "Send it."}

    reply = send(
        phone,
        whole(
            tasks=[touch], promises=[{**promise, "due_on": "2026-03-09"}], leave_alone_until=None
        ),
    )

    assert reply["rejections"] == []
    assert seen()["status"] == "recorded"
    assert [(t["is_next_touch"], t["channel"]) for t in seen()["follow_ups"]] == [(True, "call")]
    assert [p["id"] for p in seen()["promises"]] == ["pr-1"]


def test_a_next_touch_against_the_caps_leaves_the_record_to_be_mended(phone, whole, seen, moment):
    at_night = a_touch(moment + 5 * DAY + 12 * HOUR)

    body = whole(tasks=[at_night], leave_alone_until=None)
    reply = send(phone, edited_since(body, "recorded_at,summary"))

    assert codes(reply) == [
        ("follow_ups", "contact_blocked", True),
        ("visits", "next_step_missing", True),
    ]
    assert reply["rejections"][0]["next_allowed_at"]
    assert seen()["status"] == "checked_out"


def test_a_draft_waits_on_the_phone(phone, customer, moment, seen):
    began = moment - 2 * HOUR
    row = a_visit(customer, starts_at=began, **made(began), summary="So far so good.")

    reply = send(phone, edited_since(created(visits=[row]), "summary"))

    assert codes(reply) == [("visits", "record_unfinished", True)]
    assert seen()["status"] == "checked_out"


def test_two_phones_tell_of_one_visit_and_the_first_stands(sign_in, owner, customer, moment, seen):
    first, second = Phone(sign_in(owner)), Phone(sign_in(owner), "phone-2")
    began = moment - 2 * HOUR
    send(first, created(visits=[a_visit(customer, starts_at=began)]))
    first.push("visits", updated=[("v-1", made(began))])

    reply = second.push("visits", updated=[("v-1", made(began + HOUR))])
    noted = send(second, created(visit_notes=[a_note(moment, id="n-2")]))

    assert codes(reply) == [("visits", "visit_step_taken_otherwise", False)]
    assert seen()["checked_in_at"] == "2026-03-03T00:01:00Z"
    assert noted["rejections"] == []
    assert db.session.scalar(sa.select(SyncIssue.device_id)) == "phone-2"


def test_deletes_beat_edits_and_nothing_deleted_returns(sign_in, owner, customer, moment, seen):
    first, second = Phone(sign_in(owner)), Phone(sign_in(owner), "phone-2")
    row = a_visit(customer, starts_at=moment + DAY)
    send(first, created(visits=[row], visit_objectives=[an_objective()]))
    first.push("visits", deleted=["v-1"])

    edited = second.push("visits", updated=[("v-1", {"place": "虚构街 1 号"})])
    anew = send(Phone(sign_in(owner), "phone-3"), created(visits=[row]))

    assert codes(edited) == [("visits", "visit_deleted", False)]
    assert codes(anew) == [("visits", "visit_deleted", False)]
    assert (seen()["status"], seen()["booking"]) == ("cancelled", "released")
    assert {("visits", "v-1", "gone"), ("visit_objectives", "o-1", "gone")} <= set(feed_of(owner))


def test_what_was_made_is_not_deleted(phone, customer, whole, seen, owner):
    send(phone, whole())

    reply = phone.push("visits", deleted=["v-1"])
    note = phone.push("visit_notes", deleted=["n-1"])

    assert codes(reply) == [("visits", "visit_out_of_order", False)]
    assert codes(note) == [("visit_notes", "visit_closed", False)]
    assert seen()["status"] == "recorded"
    assert ("visits", "v-1", "put") in feed_of(owner)


def test_notes_are_taken_back_by_whoever_noted_them(phone, sign_in, customer, moment):
    planned(phone.caller, customer, starts_at=moment + HOUR, id="v-1")
    boss = sign_in(make_staff(Role.ADMIN))
    boss.post("/v1/visits/v-1/notes", json={"id": "n-2", "text": "Mind the dog."})
    send(phone, created(visit_notes=[a_note(moment)]))

    mine = phone.push("visit_notes", deleted=["n-1"])
    theirs = phone.push("visit_notes", deleted=["n-2"])

    assert (mine["rejections"], codes(theirs)) == (
        [],
        [("visit_notes", "not_your_note", False)],
    )
    assert db.session.scalars(sa.select(VisitNote.id)).all() == ["n-2"]


def test_caps_of_whom_it_meets_count_as_well(phone, owner, customer, moment, seen):
    buyer = make_customer(owner)
    planned(phone.caller, buyer, starts_at=moment + DAY)
    row = a_visit(customer, starts_at=moment + DAY + 3 * HOUR)

    send(phone, created(visits=[row], visit_persons=[a_person(customer_id=buyer.id)]))

    assert seen()["booking"] == "refused"
    assert seen()["persons"][0]["is_planned"]


def test_whom_the_phone_may_not_see_is_refused_alone(phone, customer, moment, seen):
    stranger = make_customer(make_staff())
    row = a_visit(customer, starts_at=moment + DAY)

    reply = send(phone, created(visits=[row], visit_persons=[a_person(customer_id=stranger.id)]))

    assert codes(reply) == [("visit_persons", "not_found", False)]
    assert (seen()["booking"], seen()["persons"]) == ("reserved", [])


def test_what_was_done_before_the_hand_over_lands_under_the_new_owner(
    phone, owner, heir, whole, moment
):
    touch = a_touch(moment + 5 * DAY)

    reply = send(phone, whole(tasks=[touch], leave_alone_until=None))

    visit = heir.caller.get("/v1/visits/v-1").json
    assert reply["rejections"] == []
    assert (visit["status"], visit["owner_id"], visit["planned_by_id"]) == (
        "recorded",
        heir.id,
        owner.id,
    )
    assert len(visit["objectives"]) == len(visit["persons"]) == len(visit["follow_ups"]) == 1
    assert ("visits", "v-1", "gone") in feed_of(owner)
    assert ("visits", "v-1", "put") in feed_of(heir)


def test_edits_and_what_came_after_the_hand_over_are_refused(phone, customer, heir, moment):
    planned(heir.caller, customer, starts_at=moment + DAY, id="v-1")

    edit = phone.push("visits", updated=[("v-1", {"place": "虚构街 1 号"})])
    later = send(phone, created(visits=[a_visit(customer, starts_at=moment, id="v-2")]))
    before = send(phone, created(visit_notes=[a_note(moment - 2 * HOUR)]))
    undated = send(phone, created(visit_notes=[a_note(moment, id="n-3", noted_at=0)]))
    after = send(phone, created(visit_notes=[a_note(moment, id="n-2")]))

    assert codes(edit) == [("visits", "not_found", False)]
    assert codes(later) == [("visits", "not_found", False)]
    assert (before["rejections"], undated["rejections"]) == ([], [])
    assert codes(after) == [("visit_notes", "not_found", False)]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SyncIssue)) == 3


def test_after_two_weeks_nobody_tells_for_the_former_owner(phone, heir, whole, at, moment):
    at(moment + timedelta(days=14))

    reply = send(phone, whole())

    assert ("visits", "not_found", False) in codes(reply)
    assert db.session.scalar(sa.select(Visit)) is None
