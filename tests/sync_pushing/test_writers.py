"""Each table by its own service: what is repaired, what stands, what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_api.contact_frequency.models import Slot
from crm_api.contact_history.models import Contact
from crm_api.customers.models import Customer, ExtendedProfile
from crm_api.kit.db import db
from crm_api.sync.models import SyncIssue
from crm_api.visits.models import FollowUp, Promise, VisitAttachment
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.visits import a_record, made, planned, step
from tests.support import feeds
from tests.sync_pushing.phone import Phone, ms

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def policies(owner, moment):
    keep_default_policies(moment - 30 * DAY)


@pytest.fixture
def visit(phone, customer, moment):
    return made(phone.caller, planned(phone.caller, customer, starts_at=moment))


def _contact(customer, moment, **changes):
    return {
        "id": "c-1",
        "customer_id": customer.id,
        "occurred_at": ms(moment),
        "channel": "call",
        "direction": "outbound",
        "category": "service",
        "purpose": "information",
        "outcome": "reached",
        "summary": "Asked about roaming.",
        "with_whom": "",
        "is_begun_by_customer": False,
        "visit_id": None,
        **changes,
    }


def _promise(customer, **changes):
    row = {"id": "p-1", "customer_id": customer.id, "text": "Send it.", "due_on": "2026-03-05"}
    return {**row, "visit_id": None, "contact_id": None, **changes}


def _task(visit, **changes):
    row = {"id": "f-1", "visit_id": visit["id"], "text": "Ask again.", "due_on": "2026-03-20"}
    return {**row, "is_next_touch": False, "channel": None, "contact_at": None, **changes}


def _file(visit, **changes):
    row = {"id": "a-1", "visit_id": visit["id"], "kind": "photo", "caption": "", "signed_by": None}
    return {**row, "file_name": "shop.jpg", "digest": "a" * 64, "byte_size": 1000, **changes}


def _codes(reply):
    return [(r["code"], r["retryable"]) for r in reply["rejections"]]


def test_the_core_profile_is_mended_as_online(phone, customer):
    edit = {"name": " 虚构新名\x07 ", "birth_on": "1980-02-29"}
    assert phone.push("customers", updated=[(customer.id, edit)])["rejections"] == []

    known = db.session.get(Customer, customer.id, populate_existing=True)
    assert (known.name, str(known.birth_on), known.name_initials) == (
        "虚构新名",
        "1980-02-29",
        "xgxm",
    )
    unborn = phone.push("customers", updated=[(customer.id, {"birth_on": "2030-01-01"})])
    assert _codes(unborn) == [("invalid", True)]


def test_a_profile_made_on_two_phones_keeps_what_both_noted(phone, customer, owner, sign_in):
    blank = {"interests": "[]", "traits": "", "employer": "", "communication_style": ""}
    first = {**blank, "remarks": "Likes tea.", "preferred_from": None, "preferred_until": None}
    other = Phone(sign_in(owner), "phone-2")

    phone.push("profiles", created=[{"id": customer.id, **first}])
    other.push("profiles", created=[{"id": customer.id, "remarks": "", "interests": '["go"]'}])
    half = {"preferred_from": "10:00", "preferred_until": "12:00"}
    row = {"id": customer.id, **half, "_changed": "preferred_until"}
    phone.send({"profiles": {"updated": [row]}})

    profile = db.session.get(ExtendedProfile, customer.id, populate_existing=True)
    assert (profile.remarks, profile.interests) == ("Likes tea.", ["go"])
    assert (profile.preferred_from.hour, profile.preferred_until.hour) == (10, 12)


def test_a_contact_is_a_fact_at_the_right_time(phone, customer, moment, told_again):
    wrong_clock = moment + 3 * DAY
    row = _contact(customer, wrong_clock - HOUR, visit_id="no-such-visit")
    clock = {"X-Device-Now": str(ms(wrong_clock))}

    first = phone.push("contacts", created=[row], headers=clock)
    later = {"X-Device-Now": str(ms(wrong_clock) + 5)}
    again = phone.push("contacts", created=[row], headers=later)
    edited = phone.push("contacts", created=[{**row, "summary": "No.", "_changed": "summary"}])

    assert first["rejections"] == again["rejections"] == []
    [contact] = db.session.query(Contact)
    assert (contact.id, contact.occurred_at) == ("c-1", moment - HOUR)
    assert contact.visit_id is None
    assert _codes(edited) == [("read_only_columns", False)]
    assert db.session.query(SyncIssue).one().content["row"]["summary"] == "No."


def test_a_contact_to_come_stays_on_the_phone(phone, customer, moment):
    rows = [
        _contact(customer, moment + HOUR),
        _contact(customer, moment, id="c-2", channel="pigeon"),
        _contact(customer, moment, id="c-3", summary="x" * 70_000),
    ]

    reply = phone.push("contacts", created=rows)

    assert _codes(reply) == [("invalid", True)] * 3
    assert [r["field"] for r in reply["rejections"]] == ["occurred_at", "channel", "summary"]
    assert db.session.query(Contact).count() == 0


def test_promises_are_made_late_moved_and_kept(phone, customer, visit, moment):
    late = _promise(customer, due_on="2026-02-20", visit_id=visit["id"])
    stray = _promise(customer, id="p-2", visit_id="nowhere", contact_id="never")
    reply = phone.push("promises", created=[late, stray])
    assert reply["rejections"] == []
    [first, second] = db.session.query(Promise).order_by(Promise.id)
    assert (first.visit_id, first.is_open, second.visit_id) == (visit["id"], True, None)

    move = {"due_on": "2026-03-09", "is_move_agreed": True}
    kept = {"kept_at": ms(moment - HOUR), "kept_how": "Sent.", "kept_contact_id": "never"}
    phone.push("promises", updated=[("p-1", move), ("p-2", kept)])
    db.session.expire_all()
    assert (str(first.due_on), str(first.moved_from_on)) == ("2026-03-09", "2026-02-20")
    assert (second.kept_at, second.kept_how, second.kept_contact_id) == (
        moment - HOUR,
        "Sent.",
        None,
    )

    both = phone.push(
        "promises", updated=[("p-2", {"withdrawn_at": ms(moment), "withdrawn_because": "No."})]
    )
    assert _codes(both) == [("already_done", False)]


def test_a_promise_made_and_kept_offline_comes_as_one_row(phone, customer, moment):
    phone.push("promises", created=[_promise(customer, kept_at=ms(moment), kept_how="At once.")])

    promise = db.session.query(Promise).one()
    assert (promise.is_open, promise.kept_how) == (False, "At once.")


def test_tasks_keep_to_the_caps(phone, customer, visit, moment):
    soon = _task(visit, channel="call", category="service", contact_at=ms(moment + HOUR))
    free = _task(
        visit, id="f-2", channel="call", category="service", contact_at=ms(moment + 9 * DAY)
    )
    past = _task(visit, id="f-3", channel="call", contact_at=ms(moment - HOUR))

    reply = phone.push("follow_ups", created=[soon, free, past])

    [blocked] = reply["rejections"]
    assert (blocked["id"], blocked["code"], blocked["retryable"]) == (
        "f-1",
        "contact_blocked",
        True,
    )
    assert blocked["next_allowed_at"] > ms(moment)
    kept = {task.id: task for task in db.session.query(FollowUp)}
    assert set(kept) == {"f-2", "f-3"}
    assert db.session.get(Slot, kept["f-2"].slot_id).state == "reserved"
    assert (kept["f-3"].slot_id, kept["f-3"].channel) == (None, "call")


def test_a_task_ends_or_is_dropped_and_its_slot_goes_back(phone, visit, moment):
    contact = {"channel": "call", "category": "service"}
    rows = [
        _task(visit, id=f"f-{n}", **contact, contact_at=ms(moment + n * 9 * DAY)) for n in (1, 2)
    ]
    assert phone.push("follow_ups", created=rows)["rejections"] == []
    slots = [task.slot_id for task in db.session.query(FollowUp).order_by(FollowUp.id)]

    phone.push("follow_ups", updated=[("f-1", {"done_at": ms(moment), "outcome": ""})])
    dropped = phone.push("follow_ups", deleted=["f-1", "f-2"])

    assert [(r["id"], r["code"]) for r in dropped["rejections"]] == [("f-1", "follow_up_kept")]
    [done] = db.session.query(FollowUp)
    assert (done.id, done.outcome) == ("f-1", "Not stated.")
    assert {db.session.get(Slot, one).state for one in slots} == {"released"}


def test_a_call_that_was_planned_does_not_overrun_its_own_slot(phone, customer, visit, moment, at):
    task = _task(visit, channel="call", category="service", contact_at=ms(moment + 9 * DAY))
    assert phone.push("follow_ups", created=[task])["rejections"] == []
    now = at(moment + 9 * DAY + HOUR)

    done = {**task, "done_at": ms(now), "outcome": "Reached.", "_changed": "done_at,outcome"}
    call = _contact(customer, now)
    phone.send({"contacts": {"created": [call]}, "follow_ups": {"updated": [done]}})

    assert db.session.get(Contact, "c-1").has_overrun is False


def test_files_are_told_before_their_bytes(phone, visit):
    file = _file(visit)
    phone.caller.post(
        "/v1/attachments",
        json={"id": "a-1", **{n: file[n] for n in ("file_name", "digest", "byte_size")}},
    )
    signed = _file(visit, id="a-2", kind="signature", signed_by="")

    reply = phone.push("attachments", created=[file, signed])

    assert _codes(reply) == [("invalid", True)]
    assert reply["experimentalRejectedIds"] == {"attachments": ["a-2"]}
    hung = db.session.query(VisitAttachment).one()
    assert (hung.attachment_id, hung.visit_id, hung.kind) == ("a-1", visit["id"], "photo")


def test_an_issue_is_settled_where_it_came_from(phone, owner, customer):
    feeds.follow(owner)
    phone.push("customers", deleted=[customer.id])
    issue = db.session.query(SyncIssue).one()
    assert ("sync_issues", issue.id, "put") in feeds.feed_of(owner)

    phone.push("sync_issues", updated=[(issue.id, {"settled_at": 1, "settled_how": "A slip."})])

    db.session.refresh(issue)
    assert (issue.settled_how, issue.settled_by_id) == ("A slip.", owner.id)
    assert ("sync_issues", issue.id, "gone") in feeds.feed_of(owner)


def test_what_was_pushed_comes_back_as_it_stands(phone, owner, customer, visit, moment):
    feeds.follow(owner)
    before = feeds.seq_of(owner)
    step(phone.caller, visit, "record", **a_record(visit))

    reply = phone.push("contacts", created=[_contact(customer, moment)])
    phone.push("promises", created=[_promise(customer, text="x" * 2_000)])

    news = feeds.news_of(owner, before)
    assert ("contacts", "c-1", "put") in news
    assert not [one for one in news if one[0] == "promises"]
    assert before <= reply["seq"] % 10**12 < feeds.seq_of(owner)
    feeds.assert_feeds_true(None)
