"""Every road feeds: whatever changes what a phone has puts it into the feed."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.customers.models import Customer
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.touches import Unnamed
from crm_api.kit.transactions import transaction
from tests.care_gateway.factories import MORNING, Gateway, make_message
from tests.customers.imports import MAPPING, csv_bytes, row
from tests.factories.accounts import make_staff
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer
from tests.factories.visits import a_record, made, plan, planned, step
from tests.merging.factories import merged_into, undo
from tests.support.feeds import (
    assert_feeds_true,
    feed_of,
    follow,
    holds,
    news_of,
    run,
    seq_of,
)

DAY = timedelta(days=1)


def ok(reply):
    assert reply.status_code < 300, reply.text
    return reply.json


def lived_in(caller, customer, moment):
    """Let a customer have a visit that was recorded, and a promise."""
    visit = made(caller, planned(caller, customer, starts_at=moment))
    due = (moment + 9 * DAY).date().isoformat()
    promises = [{"id": f"p-{customer.id}", "text": "A map of the cover.", "due_on": due}]
    ok(step(caller, visit, "record", **a_record(visit, promises=promises)))


def test_a_first_phone_finds_what_was_there_and_nothing_of_others(app, now):
    owner, other = make_staff(), make_staff()
    customer = make_customer(owner)
    make_customer(other)
    assert feed_of(owner) == []

    follow(owner)

    assert feed_of(owner) == [("customers", customer.id, "put")]
    assert feed_of(other) == []
    assert_feeds_true(app)


def test_what_is_written_online_is_put_once_with_the_next_numbers(app, owner, caller, now):
    customer = make_customer(owner)
    before = seq_of(owner)

    ok(caller.patch(f"/v1/customers/{customer.id}", json={"name": "新名"}, headers=v(1)))
    assert news_of(owner, before) == [("customers", customer.id, "put")]
    before = seq_of(owner)
    visit = planned(caller, customer, starts_at=now)

    news = news_of(owner, before)
    assert ("visits", visit["id"], "put") in news
    assert ("visit_objectives", visit["objectives"][0]["id"], "put") in news
    assert seq_of(owner) == before + len(news)
    assert_feeds_true(app)


def v(version):
    return {"If-Match": f'"{version}"'}


def test_what_fails_is_told_to_nobody(app, owner, caller, now):
    customer = make_customer(owner)
    planned(caller, customer, starts_at=now)
    before = seq_of(owner)

    assert plan(caller, customer, starts_at=now).status_code == 409

    assert seq_of(owner) == before


def test_an_import_and_a_bulk_edit_feed(app, owner, manager):
    form = {
        "file": (io.BytesIO(csv_bytes([row(1), row(2)])), "customers.csv"),
        "mapping": json.dumps(MAPPING),
    }
    ok(manager.post("/v1/customer-imports", data=form, content_type="multipart/form-data"))
    run(app, "customers", "work-imports")
    assert len([one for one in feed_of(owner) if one[0] == "customers"]) == 2

    before = seq_of(owner)
    ids = [record_id for name, record_id, _op in feed_of(owner) if name == "customers"]
    edit = {"kind": "status", "status": "suspended"}
    body = {"customers": {"ids": ids}, "edit": edit, "reason": "A campaign."}
    reply = manager.post("/v1/bulk-edits", json=body)
    assert reply.status_code == 202, reply.text
    run(app, "customers", "work-bulk-jobs")

    assert {name for name, _id, _op in news_of(owner, before)} == {"customers"}
    assert_feeds_true(app)


def test_who_is_handed_over_leaves_one_phone_and_comes_to_the_other(
    app, manager, owner, colleague, caller
):
    customer = make_customer(owner)
    lived_in(caller, customer, clock.now())
    theirs = holds(owner)
    shares = [{"receiver_id": colleague.id, "customer_ids": None}]
    body = {"giver_id": owner.id, "reason": "The district grew", "shares": shares}

    handover = ok(manager.post("/v1/handovers", json=body))
    run(app, "customers", "hand-over")

    assert holds(owner) == set()
    assert theirs <= holds(colleague)
    assert {("visits", "gone"), ("promises", "gone")} <= {(t, o) for t, _id, o in feed_of(owner)}
    assert_feeds_true(app)

    ok(manager.put(f"/v1/handovers/{handover['id']}/undo", json={"reason": "A mistake"}))
    run(app, "customers", "hand-over")

    assert holds(colleague) == set()
    assert theirs <= holds(owner)
    assert_feeds_true(app)


def test_a_merge_and_its_undoing_feed_both(app, manager, owner, colleague, caller):
    merged, survivor = make_customer(owner), make_customer(colleague)
    lived_in(caller, merged, clock.now())
    learnt = {"json": {"employer": "虚构公司"}, "headers": v(0)}
    ok(caller.patch(f"/v1/customers/{merged.id}/extended-profile", **learnt))

    merge = merged_into(manager, survivor, merged)

    assert not [one for one in holds(owner) if one[0] in ("customers", "contacts", "visits")]
    assert {t for t, _id in holds(colleague)} >= {"customers", "contacts", "visits", "promises"}
    assert ("profiles", survivor.id) in holds(colleague)
    assert_feeds_true(app)

    ok(undo(manager, merge["id"]))

    assert {t for t, _id in holds(owner)} >= {"customers", "contacts", "visits"}
    assert holds(colleague) == {("customers", survivor.id)}
    assert_feeds_true(app)


def test_who_is_forgotten_leaves_every_phone(sign_in, team, owner, caller, moment):
    customer = make_customer(owner)
    lived_in(caller, customer, clock.now())
    one, two = (sign_in(make_staff(Role.MANAGER, team)) for _ in range(2))

    asked = {"reason": "Asked by letter."}
    erasure = ok(one.post(f"/v1/customers/{customer.id}/erasures", json=asked))
    ok(two.put(f"/v1/customer-erasures/{erasure['id']}/approval", json={"note": "Seen."}))

    assert holds(owner) == set()
    assert_feeds_true(db)


def test_what_a_gateway_does_is_told_when_it_has_sent_and_not_before(app, owner, at):
    at(MORNING)
    keep_default_policies(MORNING - DAY)
    message = make_message(make_customer(owner))
    assert ("care_occasions", message.id) in holds(owner)
    before, gateway = seq_of(owner), Gateway(app)

    [begun] = gateway.begun()
    assert news_of(owner, before) == []
    gateway.ack(begun)

    assert ("care_occasions", message.id, "put") in news_of(owner, before)
    assert_feeds_true(app)


def test_a_bulk_statement_that_names_nothing_is_refused(app, owner):
    make_customer(owner)

    with pytest.raises(Unnamed, match="customers"), transaction():
        db.session.execute(sa.update(Customer).values(plan_name="x"))


def test_only_the_newest_brief_of_a_visit_that_is_near_is_on_the_phone(app, owner, caller, now):
    customer = make_customer(owner)
    visit = planned(caller, customer, starts_at=now + DAY)
    ok(caller.post(f"/v1/visits/{visit['id']}/briefs"))
    [first] = [one for one in holds(owner) if one[0] == "briefs"]
    ok(caller.patch(f"/v1/customers/{customer.id}", json={"name": "新名"}, headers=v(1)))
    ok(caller.post(f"/v1/visits/{visit['id']}/briefs"))

    [second] = [one for one in holds(owner) if one[0] == "briefs"]

    assert first != second
    ok(step(caller, visit, "cancellation", by="us", reason="Ill"))
    assert not [one for one in holds(owner) if one[0] == "briefs"]
    assert_feeds_true(app)
