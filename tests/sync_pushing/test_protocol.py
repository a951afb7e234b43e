"""What a push is, what it is refused for as a whole, and that repeats are harmless."""

from __future__ import annotations

import gzip
from datetime import date, timedelta

import pytest

from crm_api.accounts.models import Role, Team
from crm_api.customers.models import Anniversary, ExtendedProfile
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.sync.models import Epoch, PushReply, Receipt, SyncIssue
from crm_api.sync.models import Phone as KnownPhone
from crm_api.sync.pushing.refusals import REFUSALS
from crm_api.sync.pushing.writers import WRITERS
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer
from tests.merging.factories import merged_into
from tests.support import feeds
from tests.sync_pushing.phone import Phone, ms

EMPTY = {"created": [], "updated": [], "deleted": []}


def _day(customer, **changes):
    return {
        "id": "day-1",
        "customer_id": customer.id,
        "kind": "wedding",
        "label": "",
        "calendar": "solar",
        "year": None,
        "month": 5,
        "day": 20,
        "is_leap_month": False,
        "is_greeted": True,
        **changes,
    }


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed_json"),
        (b"[]", 400, "malformed_push"),
        ({"staff": EMPTY}, 400, "malformed_push"),
        ({"contacts": []}, 400, "malformed_push"),
        ({"contacts": {"created": {}}}, 400, "malformed_push"),
        ({"contacts": {"created": [{"id": "no spaces"}]}}, 400, "malformed_push"),
        ({"contacts": {"created": [{"id": "x" * 65}]}}, 400, "malformed_push"),
        ({"contacts": {"created": ["x"]}}, 400, "malformed_push"),
        ({"contacts": {"deleted": [7]}}, 400, "malformed_push"),
        ({"contacts": {"created": [{"id": "a", "_changed": 1}]}}, 400, "malformed_push"),
        ({"contacts": {"created": [{"id": "a", "summary": {}}]}}, 400, "malformed_push"),
        ({"contacts": {"created": [{"id": "a"}], "deleted": ["a"]}}, 400, "malformed_push"),
        ({"contacts": {"deleted": [f"c{n}" for n in range(1001)]}}, 413, "push_too_large"),
        (b" " * (5 * 1024 * 1024 + 1), 413, "body_too_large"),
    ],
)
def test_a_malformed_push_fails_as_a_whole(phone, customer, body, status, code):
    if isinstance(body, dict) and len(body) == 1:
        body = {"anniversaries": {"created": [_day(customer)]}, **body}

    reply = phone.send(body)

    assert (reply.status_code, reply.json["code"]) == (status, code)
    assert db.session.query(Anniversary).filter_by(id="day-1").count() == 0


def test_bombs_and_strange_encodings_are_refused(phone):
    bomb = gzip.compress(b" " * (6 * 1024 * 1024))
    assert len(bomb) < 10_000

    packed = {"Content-Encoding": "gzip"}
    assert phone.send(bomb, headers=packed).json["code"] == "push_too_large"
    assert phone.send(b"{}", headers=packed).json["code"] == "malformed_push"
    assert phone.send(b"{}", headers={"Content-Encoding": "br"}).status_code == 415


def test_a_phone_says_which_it_is(phone, sign_in):
    bare = phone.caller.post("/v1/sync/push", data=b"{}")
    early = phone.send(b"{}", headers={"X-Device-Now": "soon"})

    assert (bare.status_code, early.status_code) == (422, 422)


def test_all_shapes_of_the_body_are_taken(phone, customer):
    wrapped = {"changes": {"anniversaries": {"created": [_day(customer)]}}, "lastPulledAt": None}
    assert phone.send(wrapped, packed=True).json["rejections"] == []
    assert phone.send({}).json["experimentalRejectedIds"] == {}

    [day] = db.session.query(Anniversary)
    assert (day.id, day.month, day.is_stated) == ("day-1", 5, True)


def test_a_push_repeated_under_its_key_gets_its_first_answer(phone, customer):
    wrong = _day(customer, month=13)
    first = phone.push("anniversaries", created=[wrong], key="k1")
    again = phone.push("anniversaries", created=[wrong], key="k1")
    other = phone.send({"anniversaries": {"created": [_day(customer)]}}, key="k1")

    assert first == again
    assert first["experimentalRejectedIds"] == {"anniversaries": ["day-1"]}
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")
    assert db.session.query(PushReply).count() == 1


def test_what_is_fixable_stays_on_the_phone_and_hinders_no_other(phone, customer, told_again):
    rows = [_day(customer, month="May"), _day(customer, id="day-2")]
    rows.append(_day(customer, id="day-3", customer_id="x" * 70_000))

    reply = phone.push("anniversaries", created=rows)

    told = [(r["code"], r["field"], r["retryable"]) for r in reply["rejections"]]
    assert told == [("invalid", "month", True), ("invalid", "customer_id", True)]
    assert reply["experimentalRejectedIds"] == {"anniversaries": ["day-1", "day-3"]}
    assert [day.id for day in db.session.query(Anniversary)] == ["day-2"]
    assert told_again == {("anniversaries", "day-2")}
    assert db.session.query(SyncIssue).count() == 0


def test_a_retry_overwrites_nobodys_newer_edit_and_a_new_edit_does(
    phone, customer, told_again, owner, sign_in
):
    phone.push("anniversaries", created=[_day(customer)])
    edit = ("day-1", {"label": "Mine", "updated_at": 1})
    phone.push("anniversaries", updated=[edit])
    colleague = Phone(sign_in(owner), "phone-2")
    colleague.push("anniversaries", updated=[("day-1", {"label": "Theirs", "updated_at": 1})])
    told_again.clear()

    phone.push("anniversaries", updated=[edit])
    assert db.session.get(Anniversary, "day-1").label == "Theirs"
    assert told_again == {("anniversaries", "day-1")}

    phone.push("anniversaries", updated=[("day-1", {"label": "Mine", "updated_at": 2})])
    assert db.session.get(Anniversary, "day-1", populate_existing=True).label == "Mine"


def test_created_again_merges_what_was_edited_since(phone, customer, owner, sign_in):
    phone.push("anniversaries", created=[_day(customer)])
    other = Phone(sign_in(owner), "phone-2")
    other.push("anniversaries", updated=[("day-1", {"day": 21})])

    phone.push("anniversaries", created=[_day(customer, label="Edited", _changed="label")])

    day = db.session.get(Anniversary, "day-1")
    assert (day.label, day.day) == ("Edited", 21)


def test_columns_merge_and_absent_is_not_null(phone, customer):
    phone.push("anniversaries", created=[_day(customer, label="Wedding", year=1999)])
    row = {"id": "day-1", "month": 6, "label": None, "_changed": "month"}

    phone.push("anniversaries", updated=[("day-1", {"day": 3})])
    phone.send({"anniversaries": {"updated": [row]}})

    day = db.session.get(Anniversary, "day-1")
    assert (day.label, day.year, day.month, day.day) == ("Wedding", 1999, 6, 3)


def test_what_was_deleted_here_never_returns(phone, customer, told_again):
    phone.push("anniversaries", created=[_day(customer)])
    phone.caller.delete(f"/v1/customers/{customer.id}/anniversaries/day-1")
    edits = {"label": "Too late", "_changed": "label"}

    updated = phone.push("anniversaries", updated=[("day-1", {"label": "Too late"})])
    created = phone.push("anniversaries", created=[_day(customer, **edits)])

    for reply in (updated, created):
        assert reply["experimentalRejectedIds"] == {}
        [rejection] = reply["rejections"]
        assert (rejection["code"], rejection["retryable"]) == ("not_found", False)
    assert db.session.query(Anniversary).count() == 0
    issues = {i.id: i for i in db.session.query(SyncIssue)}
    assert len(issues) == 2  # one edited, one made it anew
    issue = issues[updated["rejections"][0]["issue_id"]]
    assert issue.content["row"]["label"] == "Too late"
    assert ("anniversaries", "day-1") in told_again


def test_after_a_restored_backup_the_only_copy_is_taken(phone, customer, moment):
    """What the server lost, a phone tells as edited; but not what was deleted before."""
    phone.push("anniversaries", created=[_day(customer, id="day-2")])
    phone.caller.delete(f"/v1/customers/{customer.id}/anniversaries/day-2")
    with transaction():
        db.session.add(Epoch(number=2, began_at=moment, restored_to=moment, by="operator"))
    body = {
        "anniversaries": {
            "updated": [
                {**_day(customer, id=one, label="Lost"), "_changed": "label"}
                for one in ("day-1", "day-2")
            ]
        }
    }
    cursor = "?last_pulled_at=1000000000007"

    told = phone.send(body, query=cursor)
    seen = {"X-Restore-Seen": str(told.json["epoch"])}
    rescued = phone.send(body, query=cursor, headers=seen)

    assert (told.status_code, told.json["code"]) == (409, "server_restored")
    assert [r["id"] for r in rescued.json["rejections"]] == ["day-2"]
    assert [day.id for day in db.session.query(Anniversary)] == ["day-1"]


def test_the_same_refusal_is_one_issue(phone, customer):
    deletion = phone.push("anniversaries", created=[_day(customer)])
    first, again = (phone.push("anniversaries", deleted=["day-1"]) for _ in range(2))

    assert deletion["rejections"] == []
    assert first["experimentalRejectedIds"] == {}
    assert first["rejections"][0]["code"] == "not_for_phones"
    assert first["rejections"] == again["rejections"]
    [issue] = db.session.query(SyncIssue)
    assert (issue.customer_id, issue.op) == (customer.id, "deleted")


def test_another_users_records_do_not_exist(phone, customer, sign_in, told_again):
    stranger = make_customer(make_staff())
    theirs = Phone(sign_in(make_staff()), "phone-9")
    phone.push("anniversaries", created=[_day(customer)])
    told_again.clear()

    lies = theirs.push(
        "anniversaries",
        created=[_day(customer, id="day-2")],
        updated=[("day-1", {"label": "Mine now"})],
        deleted=["day-x"],
    )
    profile = phone.push("profiles", created=[{"id": stranger.id, "remarks": "Seen"}])
    taken = theirs.push("anniversaries", created=[_day(customer)])

    codes = [r["code"] for r in (*lies["rejections"], *profile["rejections"], *taken["rejections"])]
    assert codes == ["not_found"] * 4
    assert db.session.get(Anniversary, "day-1").label == ""
    assert db.session.query(ExtendedProfile).count() == 0
    assert {i.customer_id for i in db.session.query(SyncIssue)} == {None}
    assert ("anniversaries", "day-1") in told_again  # told to be gone


def test_server_columns_are_the_servers(phone, customer, told_again):
    lie = (customer.id, {"owner_id": "me", "tier": "diamond", "version": 99})
    reply = phone.push("customers", updated=[lie])
    both = (customer.id, {"owner_id": "me", "gender": "female"})
    mixed = phone.push("customers", updated=[both])
    unread = phone.push("briefs", updated=[("b1", {"digest": "x"})], deleted=["b2"])

    assert [r["code"] for r in reply["rejections"]] == ["read_only_columns"]
    assert mixed["rejections"] == []
    assert {r["code"] for r in unread["rejections"]} == {"not_for_phones"}
    db.session.refresh(customer)
    assert (customer.owner_id != "me", customer.gender, customer.tier) == (
        True,
        "female",
        "standard",
    )
    assert ("customers", customer.id) in told_again


def test_the_server_remembers_the_phone(phone, moment):
    skewed = str(ms(moment + timedelta(days=3)))
    phone.push("customers", headers={"X-Device-Now": skewed})

    [known] = db.session.query(KnownPhone)
    assert known.skew_ms == timedelta(days=3) / timedelta(milliseconds=1)
    assert known.last_pushed_at == moment
    assert db.session.query(Receipt).count() == 0


def test_a_record_of_a_merged_customer_goes_to_who_goes_on(phone, owner, customer, sign_in):
    other = make_customer(owner)
    leader = make_staff(Role.MANAGER, db.session.get(Team, owner.team_id))
    merged_into(sign_in(leader), customer, other)

    reply = phone.push("anniversaries", created=[_day(other)])
    edit = phone.push("customers", updated=[(other.id, {"gender": "male"})])

    assert reply["rejections"] == []
    assert db.session.get(Anniversary, "day-1").customer_id == customer.id
    assert [r["code"] for r in edit["rejections"]] == ["customer_merged"]


def test_every_refusal_says_what_the_app_should_show():
    """An unlisted code would be final, and nobody would have thought about that."""
    by_writers = {error.code for writer in WRITERS.values() for error in writer.refuses}

    assert by_writers <= set(REFUSALS)
    assert all(refusal.tell for refusal in REFUSALS.values())


def test_a_birthday_that_is_told_takes_the_place_of_the_one_on_the_document(app, phone, owner):
    customer = make_customer(owner, birth_on=date(1980, 2, 28))
    feeds.follow(owner)
    [known] = db.session.query(Anniversary)
    former_id = known.id

    told = _day(customer, id="day-2", kind="birthday", calendar="lunar")
    assert phone.push("anniversaries", created=[told])["rejections"] == []

    assert [day.id for day in db.session.query(Anniversary)] == ["day-2"]
    assert ("anniversaries", former_id, "gone") in feeds.feed_of(owner)
    feeds.assert_feeds_true(app)


def test_what_has_served_its_time_is_forgotten(app, phone, customer, moment, at):
    phone.push("anniversaries", created=[_day(customer)], key="k1")
    for days, left in ((31, (0, 1)), (181, (0, 0))):
        at(moment + timedelta(days=days))
        result = app.test_cli_runner().invoke(args=["sync", "purge-pushes"])
        assert result.exit_code == 0, result.output
        counts = db.session.query(PushReply).count(), db.session.query(Receipt).count()
        assert counts == left
