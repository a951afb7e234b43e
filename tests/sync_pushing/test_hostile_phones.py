"""Phones that lie, lag or blunder: nobody else is harmed, and nothing that was written is lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from crm_api.accounts.covers.models import Cover
from crm_api.accounts.models import Staff
from crm_api.contact_frequency.models import Slot
from crm_api.contact_history.models import Contact
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.sync.models import SyncIssue
from crm_api.sync.pushing.mending import mended
from crm_api.visits.models import Promise, Visit
from tests.factories.accounts import make_staff
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer
from tests.factories.visits import contacts, planned
from tests.support.feeds import assert_feeds_true, follow
from tests.sync_pushing.phone import Phone, codes, ms, send
from tests.sync_pushing.visits import (
    HOUR,
    a_note,
    a_person,
    a_touch,
    a_visit,
    an_objective,
    created,
    made,
    recorded,
)

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def policies(moment, owner):
    """The caps are in force."""
    keep_default_policies(moment - 30 * DAY)


def test_what_hangs_on_a_visit_to_be_mended_waits_with_it(phone, customer, whole, seen):
    promise = {"id": "pr-1", "customer_id": customer.id, "visit_id": "v-1", "text": "Send it."}
    body = whole(promises=[{**promise, "due_on": "2026-03-20"}])
    [visit] = body["visits"]["created"]
    visit["place"] = "x" * 501

    reply = send(phone, body)
    visit["place"] = "示范路 8 号"
    again = send(phone, body)

    waiting = ("visit_objectives", "visit_persons", "visit_notes", "promises")
    assert set(codes(reply)) == {("visits", "invalid", True)} | {
        (table, "visit_pending", True) for table in waiting
    }
    assert again["rejections"] == []
    assert len(seen()["objectives"]) == len(seen()["persons"]) == len(seen()["promises"]) == 1
    assert db.session.scalar(sa.select(SyncIssue)) is None


def test_the_id_of_a_stranger_spoils_no_visit(phone, sign_in, customer, moment):
    stranger = make_staff()
    theirs = a_visit(make_customer(stranger), starts_at=moment + DAY, id="v-9")
    persons = [a_person(visit_id="v-9")]
    send(Phone(sign_in(stranger)), created(visits=[theirs], visit_persons=persons))

    mine = a_visit(customer, starts_at=moment + DAY)
    reply = send(phone, created(visits=[mine], visit_persons=[a_person()]))

    assert codes(reply) == [("visit_persons", "not_found", False)]
    assert db.session.get(Visit, "v-1").customer_id == customer.id


def test_whom_a_former_owner_never_had_is_met_by_nobody(phone, heir, whole):
    """A visit of before the hand-over is told as the new owner's: not all of theirs with it."""
    theirs = make_customer(db.session.get(Staff, heir.id))
    body = whole()
    body["visit_persons"]["created"][0]["customer_id"] = theirs.id

    reply = send(phone, body)

    assert codes(reply) == [("visit_persons", "not_found", False)]
    assert db.session.scalar(sa.select(Slot).where(Slot.customer_id == theirs.id)) is None


def test_a_promise_of_before_the_hand_over_comes_with_its_end(phone, heir, whole, customer, moment):
    made = {"id": "pr-1", "customer_id": customer.id, "visit_id": "v-1", "text": "Send it."}
    kept = {"due_on": "2026-03-09", "kept_at": ms(moment - HOUR), "kept_how": "Sent."}

    reply = send(phone, whole(promises=[{**made, **kept}]))

    assert reply["rejections"] == []
    promise = db.session.get(Promise, "pr-1")
    assert (promise.owner_id, promise.kept_how) == (heir.id, "Sent.")


def test_a_visit_to_come_is_judged_however_it_is_called(phone, customer, moment, seen):
    planned(phone.caller, customer, starts_at=moment + DAY)
    surprise = a_visit(customer, starts_at=moment + DAY + 3 * HOUR, is_unannounced=True)

    send(phone, created(visits=[surprise]))

    assert (seen()["booking"], seen()["is_unannounced"]) == ("refused", False)


def test_a_check_in_that_is_no_news_moves_nothing_past_the_caps(phone, customer, moment, seen):
    planned(phone.caller, customer, starts_at=moment + DAY)
    send(phone, created(visits=[a_visit(customer, starts_at=moment + 9 * DAY)]))
    there = moment + DAY + 3 * HOUR
    moved = {"starts_at": ms(there), "ends_at": ms(there + HOUR), "place": "示范路 8 号"}
    row = {"id": "v-1", **moved, "checked_in_at": ms(moment), "_changed": "starts_at,ends_at"}

    send(phone, {"visits": {"updated": [row]}})

    assert (seen()["status"], seen()["booking"]) == ("planned", "refused")


def test_a_clock_that_fell_back_by_half_a_century_is_put_right(phone, customer, moment, seen):
    began = moment - 2 * HOUR
    fell_back = moment - datetime(1970, 1, 1, tzinfo=UTC)
    row = a_visit(customer, starts_at=began, **made(began - fell_back))

    reply = send(phone, created(visits=[row]), headers={"X-Device-Now": "0"})

    assert reply["rejections"] == []
    assert seen()["checked_in_at"] == "2026-03-03T00:01:00Z"


def test_a_text_cut_within_a_character_stops_no_push(phone, customer, whole, seen):
    """As an app does that shortens what somebody typed to so many UTF-16 units."""
    body = whole(summary="Glad \ud83d", sections=json.dumps({"rivals": "None \ud83d"}))
    raw = json.dumps(body).encode()
    assert rb"\ud83d" in raw

    reply = send(phone, raw)

    assert reply["rejections"] == []
    assert seen()["record"]["sections"] == {"rivals": "None \ufffd"}
    assert contacts(phone.caller, customer)[0]["summary"] == "Glad \ufffd"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (r"\ud83d\ude00 \\ud83d", "\U0001f600 \\ud83d"),
        (r"\ude00\ud83d", "\ufffd\ufffd"),
        (r"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (r"\\\ud83d\n", "\\\ufffd\n"),
    ],
)
@pytest.mark.one_engine
def test_only_halves_of_characters_are_mended(text, read):
    assert json.loads(mended(f'"{text}"'.encode())) == read


def test_what_no_client_sends_breaks_nothing(phone):
    deep = b'{"anniversaries": {"more": ' + b"[" * 300 + b"]" * 300 + b"}}"

    assert phone.send(deep).status_code == 200
    assert phone.send({}, key="k" * 200).status_code == 200
    assert phone.send({}, key="k" * 201).status_code == 422
    assert phone.send({}, headers={"Idempotency-Key": ""}).status_code == 422


def a_call(customer, at):
    what = {"channel": "call", "category": "service", "purpose": "service", "outcome": "reached"}
    return {"id": "c-1", "customer_id": customer.id, "occurred_at": ms(at), **what}


@pytest.fixture
def cover(owner, moment):
    """What the owner had until an hour ago: a colleague's customers."""
    absent = make_staff()
    with transaction():
        times = {"starts_at": moment - 9 * DAY, "ends_at": moment - HOUR, "created_at": moment}
        people = {"absent_id": absent.id, "stand_in_id": owner.id, "by_id": owner.id}
        db.session.add(Cover(id="cover-1", reason="Leave.", **people, **times))
    return absent


def test_what_a_stand_in_did_is_taken_once_the_cover_is_over(app, phone, owner, cover, moment):
    customer = make_customer(cover)
    follow(owner)
    began = moment - 3 * HOUR
    visit = a_visit(customer, starts_at=began, **made(began))
    later = a_visit(customer, starts_at=moment, id="v-2")
    calls = [a_call(customer, began), {**a_call(customer, moment), "id": "c-2"}]

    reply = send(phone, created(visits=[visit, later], contacts=calls))

    assert codes(reply) == [("visits", "not_found", False), ("contacts", "not_found", False)]
    kept = db.session.get(Visit, "v-1")
    assert (kept.owner_id, kept.planned_by_id, kept.status) == (cover.id, owner.id, "checked_out")
    assert db.session.get(Contact, "c-1").by_id == owner.id
    assert_feeds_true(app)


def test_a_former_owners_call_counts(phone, heir, customer, moment):
    reply = send(phone, created(contacts=[a_call(customer, moment - 2 * HOUR)]))

    assert reply["rejections"] == []
    assert [told["id"] for told in contacts(heir.caller, customer)] == ["c-1"]


def test_words_without_their_moment_wait_on_the_phone(phone, customer, moment, seen):
    promise = {"id": "pr-1", "customer_id": customer.id, "text": "Send it.", "due_on": "2026-03-20"}
    visit = a_visit(customer, starts_at=moment + DAY)
    asked = an_objective()
    send(phone, created(visits=[visit], visit_objectives=[asked], promises=[promise]))

    answer = phone.push("visit_objectives", updated=[("o-1", {"outcome_note": "It is her."})])
    kept = phone.push("promises", updated=[("pr-1", {"kept_how": "By post."})])
    called_off = phone.push("visits", updated=[("v-1", {"cancel_reason": "Ill."})])

    assert codes(answer) == [("visit_objectives", "invalid", True)]
    assert codes(kept) == [("promises", "invalid", True)]
    assert codes(called_off) == [("visits", "invalid", True)]
    assert seen()["status"] == "planned"


def test_what_was_told_is_not_taken_back_unheard(phone, customer, moment, seen, whole):
    promise = {"id": "pr-1", "customer_id": customer.id, "text": "Send it.", "due_on": "2026-03-20"}
    kept = {"kept_at": ms(moment), "kept_how": "By post."}
    done = {"done_at": ms(moment), "outcome": "Helped."}
    task = a_touch(moment + 5 * DAY, is_next_touch=False)
    send(phone, whole(tasks=[{**task, **done}], promises=[{**promise, **kept}]))

    undone = [
        phone.push("promises", updated=[("pr-1", dict.fromkeys(kept))]),
        phone.push("follow_ups", updated=[("f-1", dict.fromkeys(done))]),
        phone.push("visits", updated=[("v-1", {"checked_in_at": None})]),
    ]

    assert [codes(reply) for reply in undone] == [
        [("promises", "already_done", False)],
        [("follow_ups", "already_done", False)],
        [("visits", "visit_step_taken_otherwise", False)],
    ]


def test_a_record_waits_until_it_is_clear_whether_the_visit_was(phone, customer, whole, moment):
    body = whole()
    [row] = body["visits"]["created"]
    written = {name: row.pop(name) for name in recorded(moment)}
    send(phone, body)
    [told] = contacts(phone.caller, customer)
    phone.caller.post(f"/v1/contacts/{told['id']}/withdrawals", json={"reason": "Another's."})

    reply = phone.push("visits", updated=[("v-1", written)])

    assert ("visits", "withdrawal_pending", True) in codes(reply)


def test_a_visit_is_deleted_with_its_notes(phone, customer, moment, seen):
    visit = a_visit(customer, starts_at=moment + DAY)
    send(phone, created(visits=[visit], visit_notes=[a_note(moment)]))

    reply = send(phone, {"visits": {"deleted": ["v-1"]}, "visit_notes": {"deleted": ["n-1"]}})

    assert reply["rejections"] == []
    assert seen()["status"] == "cancelled"


@pytest.mark.parametrize(
    ("table", "one"), [("visit_objectives", an_objective), ("visit_persons", a_person)]
)
def test_a_visit_takes_no_more_parts_than_anybody_can_look_at(phone, customer, moment, table, one):
    send(phone, created(visits=[a_visit(customer, starts_at=moment + HOUR)]))

    reply = send(phone, created(**{table: [one(id=f"x-{n}") for n in range(101)]}))

    assert codes(reply) == [(table, "too_many_visit_parts", False)]
    [issue] = db.session.scalars(sa.select(SyncIssue))
    assert (issue.record_id, bool(issue.content)) == ("x-100", True)
