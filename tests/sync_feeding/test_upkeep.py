"""Covers, windows, tombstones, feeds that nobody reads; and faults are found and mended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.sync.feeding import service
from crm_api.sync.feeding.service import writing
from crm_api.sync.models import Feed, FeedRow, Phone
from tests.factories.accounts import make_staff
from tests.factories.contact_history import make_contact
from tests.factories.customers import make_customer
from tests.factories.sync import make_phone
from tests.factories.visits import planned
from tests.support.feeds import assert_feeds_true, feed_of, follow, holds, news_of, run, seq_of

DAY = timedelta(days=1)


def test_a_cover_brings_a_portfolio_and_takes_it_away(app, at, manager, owner, colleague):
    now = clock.now()
    customer = make_customer(owner)
    body = {"absent_id": owner.id, "stand_in_id": colleague.id, "reason": "Leave"}
    times = {"starts_at": (now + DAY).isoformat(), "ends_at": (now + 2 * DAY).isoformat()}
    assert manager.post("/v1/covers", json=body | times).status_code == 201

    run(app, "sync", "follow-covers")
    assert holds(colleague) == set()
    at(now + DAY)
    run(app, "sync", "follow-covers")
    assert holds(colleague) == {("customers", customer.id)}
    second = make_customer(owner)
    assert ("customers", second.id) in holds(colleague)
    assert_feeds_true(app)

    at(now + 2 * DAY)
    assert "1 feeds" in run(app, "sync", "follow-covers")
    assert "0 feeds" in run(app, "sync", "follow-covers")

    assert holds(colleague) == set()
    assert holds(owner) == {("customers", customer.id), ("customers", second.id)}
    assert_feeds_true(app)


def test_what_grows_old_leaves_by_night(app, at, owner, now):
    customer = make_customer(owner)
    contact = make_contact(customer, occurred_at=now)
    assert ("contacts", contact.id) in holds(owner)
    assert_feeds_true(app)

    at(now + 400 * DAY)
    run(app, "sync", "roll-windows")

    assert ("contacts", contact.id, "gone") in feed_of(owner)
    assert_feeds_true(app)


def test_old_tombstones_and_unread_feeds_are_forgotten(app, at, owner, colleague, manager):
    now = clock.now()
    customer = make_customer(owner)
    share = {"receiver_id": colleague.id, "customer_ids": [customer.id]}
    body = {"giver_id": owner.id, "reason": "Moved", "shares": [share]}
    assert manager.post("/v1/handovers", json=body).status_code == 202
    run(app, "customers", "hand-over")
    assert feed_of(owner) == [("customers", customer.id, "gone")]
    seen = {"device_id": "d1", "schema_version": 1, "first_seen_at": now, "skew_ms": 0}
    with transaction():
        db.session.add(Phone(staff_id=owner.id, **seen, last_seen_at=now + 170 * DAY))

    at(now + 181 * DAY)
    said = run(app, "sync", "purge-feeds")

    assert said == "Forgot 1 records that are gone, and 1 feeds that nobody reads.\n"
    assert feed_of(owner) == []
    assert feed_of(colleague) == []
    with transaction(read_only=True):
        mine, other = (db.session.get(Feed, one.id) for one in (owner, colleague))
        assert (mine.is_active, mine.oldest_seq) == (True, mine.seq)
        assert (other.is_active, other.oldest_seq) == (False, other.seq)
    follow(colleague)
    assert holds(colleague) == {("customers", customer.id)}


def test_who_comes_back_while_feeds_are_put_away_keeps_theirs(app, owner, now):
    customer = make_customer(owner)
    make_phone(owner)  # since somebody looked for feeds that nobody reads

    with transaction():
        service.retire_feed(owner.id, unread_since=now - DAY)

    assert holds(owner) == {("customers", customer.id)}


def test_faults_are_found_both_ways_and_mended(app, owner, colleague):
    mine, theirs = make_customer(owner), make_customer(colleague)
    assert run(app, "sync", "verify") == "0 feeds are wrong.\n"
    rows = sa.update(FeedRow).where(FeedRow.subscriber_id == owner.id)
    with transaction():
        db.session.execute(rows.values(record_id="nobody", seq=99))

    found = app.test_cli_runner().invoke(args=["sync", "verify"])

    assert (found.exit_code, found.stdout) == (1, "1 feeds are wrong.\n")
    assert f"The feed of {owner.id}: lacks customers {mine.id}." in found.stderr
    assert f"The feed of {owner.id}: has too much customers nobody." in found.stderr
    assert f"The feed of {owner.id}: misnumbered customers nobody." in found.stderr
    assert "1 feeds were wrong" in run(app, "sync", "verify", "--repair")
    assert run(app, "sync", "verify") == "0 feeds are wrong.\n"
    assert holds(owner) == {("customers", mine.id)}
    assert holds(colleague) == {("customers", theirs.id)}


def test_a_record_is_told_again_or_that_it_is_gone(app, owner, colleague, now):
    mine, theirs = make_customer(owner), make_customer(colleague)
    before = seq_of(owner)

    with transaction():
        for record_ids in ([mine.id], [theirs.id, "unknown"]):
            service.deliver_again(owner.id, table="customers", record_ids=record_ids, now=now)

    told = {(record_id, op) for _table, record_id, op in news_of(owner, before)}
    assert told == {(mine.id, "put"), (theirs.id, "gone"), ("unknown", "gone")}
    assert_feeds_true(app)


def test_a_large_portfolio_comes_in_statements_of_which_each_is_soon_done(
    app, team, monkeypatch, count_statements, now
):
    other, owner = make_staff(team=team), make_staff(team=team)
    for _ in range(5):
        make_customer(other)
    made = {("customers", make_customer(owner).id) for _ in range(5)}

    with count_statements() as at_once:
        follow(other)
    monkeypatch.setattr(writing, "MOST_AT_ONCE", 2)
    with count_statements() as in_parts:
        follow(owner)

    assert in_parts.count == at_once.count + 2
    assert holds(owner) == made
    assert_feeds_true(app)


def test_who_has_no_phone_costs_a_write_one_statement(app, team, sign_in, count_statements, now):
    idle = make_staff(team=team)
    customer = make_customer(idle)

    def writes(name):
        with count_statements() as counted, transaction():
            db.session.get(type(customer), customer.id).name = name
        return counted.count

    assert writes("甲") == 1 + 1
    follow(idle)
    # What it should have, a number, its row; and where phones wait, their bell.
    assert writes("乙") <= 1 + 4 + 1


def test_a_visit_that_moves_out_of_the_window_takes_what_hangs_on_it_along(
    app, at, owner, caller, now
):
    customer = make_customer(owner)
    visit = planned(caller, customer, starts_at=now)
    cancelled = {"by": "us", "reason": "Ill"}
    at(datetime(2028, 1, 3, 3, tzinfo=UTC))

    reply = caller.put(f"/v1/visits/{visit['id']}/cancellation", json=cancelled)

    assert reply.status_code == 200, reply.text
    assert holds(owner) == {("customers", customer.id)}
    assert_feeds_true(app)
