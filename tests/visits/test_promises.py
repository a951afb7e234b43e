"""What we said we would do: made, moved, kept with evidence, told to the manager when late."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role, Team
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.visits.models import PromiseChange
from crm_api.visits.promises import service
from tests.attachments.files import photo, uploaded
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer
from tests.factories.visits import contacts, made, planned
from tests.visits.test_races import PHONES, at_once

DAY = timedelta(days=1)


def a_promise(field, **changes):
    content = {"customer_id": field.customer.id, "text": "Send the table.", "due_on": "2026-03-06"}
    return {**content, "id": "p-1", **changes}


def promise(field, **changes):
    reply = field.caller.post("/v1/promises", json=a_promise(field, **changes))
    assert reply.status_code == 201, reply.json
    return reply.json


def put(caller, step, **content):
    return caller.put(f"/v1/promises/p-1/{step}", json=content)


def listed(caller, **query):
    reply = caller.get("/v1/promises", query_string=query)
    assert reply.status_code == 200, reply.json
    return [p["id"] for p in reply.json["items"]]


def escalated(app):
    output = app.test_cli_runner().invoke(args=["visits", "escalate-promises"]).output
    return int(output.splitlines()[-1].split()[0])


@pytest.fixture
def manager(field, sign_in):
    return sign_in(make_staff(Role.MANAGER, db.session.get(Team, field.owner.team_id)))


def test_a_call_leaves_one_too(field):
    first = promise(field)
    again = field.caller.post("/v1/promises", json=a_promise(field))
    other = field.caller.post("/v1/promises", json=a_promise(field, text="Send both tables."))

    assert (first["visit_id"], first["is_open"], first["owner_id"]) == (None, True, field.owner.id)
    assert [c["kind"] for c in first["changes"]] == ["made"]
    assert (again.status_code, again.json) == (201, first)
    assert (other.status_code, other.json["code"]) == (409, "id_taken")


def test_nobody_promises_for_a_day_that_is_over(field, at):
    at(field.now.replace(hour=16, minute=30))  # half past midnight in Shanghai

    reply = field.caller.post("/v1/promises", json=a_promise(field, due_on="2026-03-03"))

    assert (reply.status_code, reply.json["errors"][0]["pointer"]) == (422, "/due_on")
    assert promise(field, due_on="2026-03-04")["due_on"] == "2026-03-04"


def test_evidence_is_a_contact_of_that_customer(field, at):
    promise(field)
    stranger = make_customer(field.owner)
    at(field.tomorrow)
    made(field.caller, planned(field.caller, field.customer, starts_at=field.tomorrow))
    theirs = contacts(field.caller, field.customer)[0]["id"]
    other = promise(field, id="p-2", customer_id=stranger.id)

    wrong = field.caller.put(
        f"/v1/promises/{other['id']}/keeping", json={"how": "Sent.", "contact_id": theirs}
    )
    kept = put(field.caller, "keeping", how="Handed over.", contact_id=theirs)
    again = put(field.caller, "keeping", how="Handed over.", contact_id=theirs)

    assert (wrong.status_code, wrong.json["errors"][0]["pointer"]) == (422, "/contact_id")
    assert kept.json["kept_contact_id"] == theirs
    assert [c["kind"] for c in kept.json["changes"]] == ["made", "kept"]
    assert again.json == kept.json
    assert put(field.caller, "keeping", how="By post.").json["code"] == "already_done"


def test_a_photo_of_a_visit_to_them_shows_it(field):
    promise(field)
    mine = planned(field.caller, field.customer, starts_at=field.tomorrow)
    theirs = planned(field.caller, make_customer(field.owner), starts_at=field.tomorrow)
    files = {
        v["id"]: uploaded(field.caller, photo(side=n))["id"] for v, n in ((mine, 40), (theirs, 50))
    }
    for visit_id, file_id in files.items():
        hung = field.caller.put(
            f"/v1/visits/{visit_id}/attachments/{file_id}", json={"kind": "photo"}
        )
        assert hung.status_code in (200, 201), hung.json

    wrong = put(field.caller, "keeping", how="x", attachment_id=files[theirs["id"]])
    kept = put(field.caller, "keeping", how="Installed.", attachment_id=files[mine["id"]])

    assert (wrong.status_code, wrong.json["kind"]) == (404, "attachment")
    assert kept.json["kept_attachment_id"] == files[mine["id"]]
    assert put(field.caller, "keeping", how="Installed.").json["code"] == "already_done"
    off = [field.caller.delete(f"/v1/visits/{v}/attachments/{f}") for v, f in files.items()]
    assert off[0].json["code"] == "attachment_in_use"
    assert off[1].status_code == 204


def test_it_moves_with_a_reason_and_remembers_what_was_said_first(field):
    promise(field)
    to = {"due_on": "2026-03-09", "reason": "The printer broke.", "is_agreed": True}

    moved = put(field.caller, "schedule", **to)
    again = put(field.caller, "schedule", **to)
    back = put(field.caller, "schedule", due_on="2026-03-02", reason="Late.", is_agreed=False)
    further = put(
        field.caller, "schedule", due_on="2026-03-12", reason="Still broken.", is_agreed=False
    )

    assert (moved.status_code, moved.json["moved_from_on"]) == (200, "2026-03-06")
    assert again.json == moved.json
    assert back.status_code == 422
    told = further.json
    assert (told["due_on"], told["moved_from_on"]) == ("2026-03-12", "2026-03-06")
    last = told["changes"][-1]
    assert (last["before_on"], last["after_on"], last["is_agreed"]) == (
        "2026-03-09",
        "2026-03-12",
        False,
    )
    repeat_of_creation = field.caller.post("/v1/promises", json=a_promise(field))
    assert repeat_of_creation.json["due_on"] == "2026-03-12"


def test_what_is_taken_back_is_neither_owed_nor_kept(field):
    promise(field)

    gone = put(field.caller, "withdrawal", reason="They found it themselves.")
    again = put(field.caller, "withdrawal", reason="They found it themselves.")

    assert (gone.status_code, gone.json["is_open"]) == (200, False)
    assert again.json == gone.json
    assert put(field.caller, "keeping", how="Sent.").json["code"] == "already_done"
    move = put(field.caller, "schedule", due_on="2026-03-09", reason="x", is_agreed=True)
    assert move.json["code"] == "already_done"
    assert listed(field.caller, state="withdrawn") == ["p-1"]
    assert listed(field.caller, state="open") == []


def test_lists_tell_what_is_due_when(field, at):
    promise(field, id="p-1", due_on="2026-03-05")
    promise(field, id="p-2", due_on="2026-03-04")
    promise(field, id="p-3", due_on="2026-03-09")
    at(field.now + 2 * DAY)  # Thursday the 5th: what is due today is not late

    assert listed(field.caller, state="overdue") == ["p-2"]
    assert listed(field.caller, due_from="2026-03-05", due_before="2026-03-09") == ["p-1"]
    first = field.caller.get("/v1/promises?limit=2").json
    assert [p["id"] for p in first["items"]] == ["p-2", "p-1"]
    assert listed(field.caller, limit=2, cursor=first["next_cursor"]) == ["p-3"]


def test_what_is_late_comes_before_the_manager_once(app, field, manager, at):
    promise(field)
    at(field.now + 3 * DAY)
    assert escalated(app) == 0  # due today
    at(field.now + 4 * DAY)

    assert (escalated(app), escalated(app)) == (1, 0)

    assert listed(manager, state="escalated") == ["p-1"]
    assert put(field.caller, "escalation-answer", answer="x").status_code == 403
    answered = put(manager, "escalation-answer", answer="I bring it myself tomorrow.")
    again = put(manager, "escalation-answer", answer="I bring it myself tomorrow.")
    assert answered.json["answer"] == "I bring it myself tomorrow."
    assert again.json == answered.json
    assert put(manager, "escalation-answer", answer="No.").json["code"] == "already_done"
    assert listed(manager, state="escalated") == []
    kinds = [(c["kind"], c["by_id"] is None) for c in answered.json["changes"]]
    assert kinds == [("made", False), ("escalated", True), ("answered", False)]


def test_a_new_day_that_is_missed_too_comes_again(app, field, manager, at):
    promise(field)
    at(field.now + 4 * DAY)
    escalated(app)
    put(field.caller, "schedule", due_on="2026-03-08", reason="x", is_agreed=True)
    assert put(manager, "escalation-answer", answer="x").json["code"] == "promise_not_escalated"
    at(field.now + 6 * DAY)

    assert escalated(app) == 1
    put(field.caller, "keeping", how="Sent at last.")
    assert listed(manager, state="escalated") == []
    assert put(manager, "escalation-answer", answer="x").json["code"] == "promise_not_escalated"


def test_two_sweeps_and_many_phones_do_it_once(app, field, at):
    promise(field)
    at(field.now + 4 * DAY)

    def act(caller, number):
        if number:
            return put(caller, "keeping", how="By email.")
        with app.app_context(), transaction():
            return service.escalate_some(before=date(2026, 3, 7), now=field.now + 4 * DAY)

    replies = at_once(app, field.owner, act)[1:]

    assert [r.status_code for r in replies] == [200] * (PHONES - 1)
    db.session.rollback()
    kinds = db.session.scalars(sa.select(PromiseChange.kind)).all()
    assert kinds.count("kept") == 1
    assert kinds.count("escalated") <= 1


def test_another_teams_promise_does_not_exist(field, sign_in):
    promise(field)
    stranger = sign_in(make_staff(Role.MANAGER, make_team()))

    for reply in (
        stranger.get("/v1/promises/p-1"),
        put(stranger, "keeping", how="x"),
        put(stranger, "schedule", due_on="2026-03-09", reason="x", is_agreed=True),
        put(stranger, "withdrawal", reason="x"),
        put(stranger, "escalation-answer", answer="x"),
        stranger.post("/v1/promises", json=a_promise(field, id="p-9")),
        stranger.post("/v1/promises", json=a_promise(field)),
    ):
        assert (reply.status_code, reply.json["code"]) == (404, "not_found")
    assert listed(stranger) == []


def test_what_happened_to_a_promise_stays(app, field):
    promise(field)
    put(field.caller, "schedule", due_on="2026-03-09", reason="The printer.", is_agreed=True)

    for change in (
        sa.update(PromiseChange).values(words="Nothing happened."),
        sa.update(PromiseChange).values(after_on=date(2026, 3, 20)),
        sa.delete(PromiseChange),
    ):
        with pytest.raises(sa.exc.DBAPIError, match="stay as they were made"), transaction():
            db.session.execute(change)
    with transaction():  # the law may ask for the words
        db.session.execute(sa.update(PromiseChange).values(words=""))
