"""Pull: all at first, then what changed, page by page; all anew where that cannot be told."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.accounts.covers.models import Cover
from crm_api.accounts.models import Role
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.transactions import transaction
from crm_api.sync.models import Epoch, Feed, FeedRow
from crm_api.sync.pulling.queries import pages
from crm_api.sync.tables import TABLES, Column, Kind
from crm_api.sync.terms import EPOCH_LENGTH
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer
from tests.factories.sync import make_issue
from tests.support.feeds import assert_feeds_true
from tests.support.phones import Phone, ids, is_empty


@pytest.fixture
def owner(app, at, moment):
    at(moment)
    return make_staff()


def rename(caller, customer, name="虚构新名"):
    path = f"/v1/customers/{customer.id}"
    etag = caller.get(path).headers["ETag"]
    reply = caller.patch(path, json={"name": name}, headers={"If-Match": etag})
    assert reply.status_code == 200, reply.json


def in_database(statement):
    with transaction():
        db.session.execute(statement.execution_options(synchronize_session=False))


def notices(answer):
    return [notice["code"] for notice in answer["notices"]]


def test_a_first_pull_gives_all_that_is_theirs_and_the_next_only_what_changed(owner, sign_in, app):
    own, other = make_customer(owner), make_customer(owner)
    make_customer()
    phone = Phone(sign_in(owner))

    first, idle = phone.pull(), phone.pull()
    rename(phone.caller, own)
    later = phone.pull()

    assert set(first["changes"]) == set(TABLES)
    assert ids(first, "customers") == {own.id, other.id}
    assert is_empty(idle)
    assert idle["timestamp"] == first["timestamp"] > 0
    assert [r["name"] for r in later["changes"]["customers"]["updated"]] == ["虚构新名"]
    assert later["timestamp"] > first["timestamp"]
    assert not any(a["notices"] or "experimentalStrategy" in a for a in (first, idle, later))
    assert_feeds_true(app)


@pytest.mark.parametrize("nothing", [None, "", "0", "null", "undefined"])
def test_an_empty_account_has_a_cursor_too(owner, sign_in, nothing):
    answer = Phone(sign_in(owner)).page(last_pulled_at=nothing, migration=nothing)

    assert is_empty(answer)
    assert 0 < answer["timestamp"] < 2**53


def test_pages_bring_each_record_once(owner, sign_in):
    made = {make_customer(owner).id for _ in range(7)}
    phone = Phone(sign_in(owner))

    answers = [phone.page(limit=3) for _ in range(3)]

    assert [a["has_more"] for a in answers] == [True, True, False]
    brought = [row["id"] for a in answers for row in a["changes"]["customers"]["updated"]]
    assert sorted(brought) == sorted(made)
    assert all(set(a["changes"]) == set(TABLES) for a in answers)


def test_a_lost_answer_is_given_again(owner, sign_in):
    phone = Phone(sign_in(owner))
    phone.pull()
    customer = make_customer(owner)

    lost = phone.ask().json
    again = phone.pull()

    assert again["changes"] == lost["changes"]
    assert ids(again, "customers") == {customer.id}
    assert is_empty(phone.pull())


def test_an_idle_pull_costs_the_same_whatever_the_portfolio(owner, sign_in, count_statements):
    small, large = Phone(sign_in(make_staff())), Phone(sign_in(owner))
    for _ in range(20):
        make_customer(owner)
    small.pull(), large.pull()

    costs = []
    for phone in (small, large):
        with count_statements() as statements:
            assert is_empty(phone.pull())
        costs.append(statements.count)

    assert costs == [1, 1]


def test_what_goes_to_a_colleague_is_gone(owner, sign_in, app):
    kept, given = make_customer(owner), make_customer(owner)
    colleague = make_staff(team=None)
    phone, theirs = Phone(sign_in(owner)), Phone(sign_in(colleague))
    phone.pull(), theirs.pull()

    with transaction():
        db.session.merge(given).owner_id = colleague.id
    lost, won = phone.pull(), theirs.pull()

    assert lost["changes"]["customers"] == {"created": [], "updated": [], "deleted": [given.id]}
    assert ids(won, "customers") == {given.id}
    assert ids(phone.pull(last_pulled_at=0), "customers") == {kept.id}
    assert_feeds_true(app)


def test_a_cover_brings_the_portfolio_and_takes_it_away(owner, sign_in, at, moment, app):
    absent = make_staff()
    covered = make_customer(absent)
    cover = Cover(
        id=new_id(),
        created_at=moment,
        absent_id=absent.id,
        stand_in_id=owner.id,
        starts_at=moment + timedelta(hours=1),
        ends_at=moment + timedelta(hours=2),
        reason="Away",
        by_id=absent.id,
    )
    with transaction():
        db.session.add(cover)
    phone = Phone(sign_in(owner))
    seen = []
    for hours in (0, 1, 1.5, 2):
        at(moment + timedelta(hours=hours))
        seen.append(phone.pull()["changes"]["customers"])

    assert [{row["id"] for row in c["updated"]} for c in seen] == [
        set(),
        {covered.id},
        set(),
        set(),
    ]
    assert [c["deleted"] for c in seen] == [[], [], [], [covered.id]]
    assert_feeds_true(app)


def test_another_phones_cursor_gets_all_anew(owner, sign_in):
    customer = make_customer(owner)
    first, second = Phone(sign_in(owner), "phone-1"), Phone(sign_in(owner), "phone-2")
    second.pull()
    make_customer(owner)
    first.pull()

    taken = second.page(last_pulled_at=first.cursor)
    stranger = Phone(sign_in(owner), "phone-3").page(last_pulled_at=first.cursor)
    ahead = first.page(last_pulled_at=first.cursor + 5)

    for answer in (taken, stranger, ahead):
        assert answer["experimentalStrategy"] == "replacement"
        assert notices(answer) == ["cursor_of_another_phone"]
        assert customer.id in ids(answer, "customers")
    assert is_empty(second.pull())


def purge_up_to_now(owner):
    in_database(sa.update(Feed).where(Feed.subscriber_id == owner.id).values(oldest_seq=Feed.seq))


def test_a_cursor_older_than_what_was_purged_gets_all_anew(owner, sign_in):
    make_customer(owner)
    away, there = Phone(sign_in(owner), "away"), Phone(sign_in(owner), "there")
    away.pull(), there.pull()
    made = {make_customer(owner).id for _ in range(5)}
    there.pull()
    purge_up_to_now(owner)

    assert is_empty(there.pull())
    anew = away.page(limit=2)
    assert (anew["experimentalStrategy"], notices(anew)) == ("replacement", ["cursor_too_old"])
    # The pages that follow lie below what was purged, and are nevertheless its own.
    rest = away.pull(limit=2)
    assert "experimentalStrategy" not in rest
    assert made <= ids(anew, "customers") | ids(rest, "customers")
    # A first pull that was left half way and taken up after another purge begins anew.
    half = Phone(sign_in(owner), "half")
    half.page(limit=2)
    make_customer(owner)
    purge_up_to_now(owner)
    assert notices(half.page(limit=2)) == ["cursor_too_old"]


def test_an_answer_in_full_that_was_lost_is_given_again(owner, sign_in):
    """Served from the cursor that it still has, the phone would keep what went long ago."""
    make_customer(owner)
    away = Phone(sign_in(owner))
    away.pull()
    made = {make_customer(owner).id for _ in range(5)}
    purge_up_to_now(owner)

    lost = [away.ask(limit=limit).json for limit in (4, 2000)]
    again = away.page(limit=4)

    for answer in (*lost, again):
        assert answer["experimentalStrategy"] == "replacement"
        assert notices(answer) == ["cursor_too_old"]
    rest = away.page(limit=4)
    assert "experimentalStrategy" not in rest
    assert made <= ids(again, "customers") | ids(rest, "customers")
    assert is_empty(away.pull())


def test_so_is_one_that_was_lost_to_a_phone_with_anothers_cursor(owner, sign_in):
    make_customer(owner), make_customer(owner)
    borrowed = Phone(sign_in(owner), "phone-1").page(limit=1)["timestamp"]
    phone = Phone(sign_in(owner), "phone-2")

    lost, again = (phone.ask(last_pulled_at=borrowed).json for _ in range(2))

    assert notices(lost) == notices(again) == ["cursor_of_another_phone"]
    assert len(ids(again, "customers")) == 2


def test_after_a_restored_backup_a_phone_saves_its_own_first(owner, sign_in, moment):
    make_customer(owner)
    phone = Phone(sign_in(owner))
    phone.pull()
    with transaction():
        db.session.add(Epoch(number=2, began_at=moment, restored_to=moment, by="operator"))

    refused = phone.ask()
    known = phone.ask(headers={"X-Restore-Seen": "2"})
    new = Phone(sign_in(owner), "new").page()

    assert (refused.status_code, refused.json["code"]) == (409, "server_restored")
    assert known.json["experimentalStrategy"] == "replacement"
    assert notices(known.json) == ["cursor_of_another_epoch"]
    assert known.json["timestamp"] // EPOCH_LENGTH == new["timestamp"] // EPOCH_LENGTH == 2
    assert is_empty(phone.page(last_pulled_at=known.json["timestamp"]))


@pytest.fixture
def newer(monkeypatch):
    """The tables of a second schema version: a column and a table more."""
    email = Column(name="remark", kind=Kind.TEXT, source=sa.literal("…"), since=2, is_optional=True)
    customers = TABLES["customers"]
    wider = replace(customers, columns=(*customers.columns, email))
    issues = replace(TABLES["sync_issues"], since=2)
    monkeypatch.setitem(TABLES, "customers", wider)
    monkeypatch.setitem(TABLES, "sync_issues", issues)
    monkeypatch.setattr("crm_api.sync.pulling.schemas.SCHEMA_VERSION", 2)
    pages.reader.cache_clear()
    yield
    pages.reader.cache_clear()


def test_an_updated_app_gets_old_records_for_what_it_has_learned(owner, sign_in, newer):
    customers = {make_customer(owner).id for _ in range(3)}
    issue = make_issue(owner)
    old = Phone(sign_in(owner))
    before = old.pull()
    old.schema_version = 2
    migration = '{"from":1,"tables":["sync_issues"],"columns":[]}'

    first = old.page(migration=migration, limit=2)
    rest = old.pull(migration=migration, limit=2)

    assert "sync_issues" not in before["changes"]
    assert "remark" not in before["changes"]["customers"]["updated"][0]
    rows = [r for a in (first, rest) for r in a["changes"]["customers"]["updated"]]
    assert sorted(r["id"] for r in rows) == sorted(customers)
    assert {r["remark"] for r in rows} == {"…"}
    assert ids(rest, "sync_issues") == {issue.id}
    assert is_empty(old.pull())
    # One that was put back to an older copy of itself learns it all once more.
    old.cursor = before["timestamp"]
    assert ids(old.pull(migration=migration), "customers") == customers


def test_an_app_ahead_of_the_server_is_answered_as_far_as_it_goes(owner, sign_in):
    answer = Phone(sign_in(owner), schema_version=7).pull()

    assert set(answer["changes"]) == set(TABLES)


def test_a_record_that_is_in_the_feed_and_nowhere_else_has_gone(owner, sign_in, moment):
    phone = Phone(sign_in(owner))
    phone.pull()
    lost = {"table_name": "visits", "record_id": "lost", "op": "put", "seq": 1}
    in_database(sa.insert(FeedRow).values(subscriber_id=owner.id, changed_at=moment, **lost))
    in_database(sa.update(Feed).where(Feed.subscriber_id == owner.id).values(seq=1))

    assert phone.pull()["changes"]["visits"]["deleted"] == ["lost"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"last_pulled_at": "yesterday"},
        {"last_pulled_at": str(2**53)},
        {"migration": "[]"},
        {"migration": "{"},
        {"limit": "2001"},
        {"schema_version": "0"},
    ],
)
def test_what_no_phone_would_send_is_refused(owner, sign_in, wrong):
    reply = Phone(sign_in(owner)).ask(**wrong)

    assert (reply.status_code, reply.json["code"]) == (422, "invalid")


def test_only_account_managers_with_a_phone_pull(owner, sign_in):
    assert Phone(sign_in(make_staff(Role.MANAGER))).ask().status_code == 403
    assert sign_in(owner).get("/v1/sync/pull").status_code == 422
