"""Whoever loses a customer loses all that is theirs, in the very transaction."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_api.accounts.models import Role
from crm_api.kit import clock
from crm_api.sync.tables import TABLES
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer
from tests.merging.factories import merged_into
from tests.support.feeds import assert_feeds_true, follow, holds, run
from tests.support.phones import Phone

OWN = "sync_issues"  # what somebody sent in vain stays theirs
HOUR = timedelta(hours=1)


def ok(reply):
    assert reply.status_code < 300, reply.text
    return reply.json


@pytest.fixture
def admin(whole, sign_in):
    return sign_in(make_staff(Role.ADMIN))


@pytest.fixture
def other(whole):
    other = make_staff()
    follow(other)
    return other


@pytest.fixture
def phone_of(sign_in):
    return lambda actor: Phone(sign_in(actor), "their-phone")


def tables_of(actor):
    return {name for name, _record_id in holds(actor)}


def transfer(whole, admin, other, app):
    del app
    body = {"owner_id": other.id, "reason": "Moved"}
    ok(admin.put(f"/v1/customers/{whole.customer.id}/owner", json=body))


def hand_over(whole, admin, other, app):
    shares = [{"receiver_id": other.id, "customer_ids": None}]
    body = {"giver_id": whole.owner.id, "reason": "The district grew", "shares": shares}
    ok(admin.post("/v1/handovers", json=body))
    run(app, "customers", "hand-over")


def merge(whole, admin, other, app):
    del app
    merged_into(admin, make_customer(other), whole.customer)


def answers(caller, paths):
    """Ask for all of these, and return which answers came."""
    found = set()
    for path in paths:
        with caller.get(path) as reply:
            found.add(reply.status_code)
    return found


@pytest.mark.parametrize("road", [transfer, hand_over, merge])
def test_of_every_table_nothing_stays_with_the_former_owner(
    whole, phone, admin, other, app, *, road
):
    phone.pull()
    before = holds(whole.owner)
    assert {name for name, _record_id in before} == set(TABLES)

    road(whole, admin, other, app)

    assert tables_of(whole.owner) == {OWN}
    gone = phone.pull()["changes"]
    assert {(name, one) for name in gone for one in gone[name]["deleted"]} == {
        record for record in before if record[0] != OWN
    }
    assert tables_of(other) == set(TABLES) - {OWN}
    assert_feeds_true(app)


@pytest.mark.parametrize("is_ended_early", [True, False])
def test_of_every_table_nothing_stays_with_who_stood_in(
    whole, admin, other, phone_of, at, *, is_ended_early
):
    begins, ends = clock.now() + HOUR, clock.now() + 3 * HOUR
    who = {"absent_id": whole.owner.id, "stand_in_id": other.id, "reason": "Leave"}
    times = {"starts_at": begins.isoformat(), "ends_at": ends.isoformat()}
    cover = ok(admin.post("/v1/covers", json=who | times))
    stand_in = phone_of(other)
    at(begins)
    came = stand_in.pull()["changes"]
    assert {name for name in came if came[name]["updated"]} == set(TABLES) - {OWN}

    at(ends - HOUR if is_ended_early else ends)
    if is_ended_early:
        ok(admin.put(f"/v1/covers/{cover['id']}/end"))
    went = stand_in.pull()["changes"]

    assert tables_of(other) == set()
    assert {name: len(went[name]["deleted"]) for name in went} == {
        name: len(came[name]["updated"]) for name in came
    }


def test_nor_is_it_found_online(whole, phone, admin, other, app):
    changes = phone.pull()["changes"]
    [attachment] = changes["attachments"]["updated"]
    [brief] = changes["briefs"]["updated"]
    visits = [f"/v1/visits/{row['id']}" for row in changes["visits"]["updated"]]
    customer = f"/v1/customers/{whole.customer.id}"
    paths = [
        *visits,
        *(f"{visit}/{part}" for visit in visits for part in ("brief", "briefs", "attachments")),
        f"/v1/visits/{brief['visit_id']}/briefs/{brief['digest']}",
        f"/v1/attachments/{attachment['id']}",
        f"/v1/attachments/{attachment['id']}/content",
        f"/v1/attachments/{attachment['id']}/thumbnail",
        *(f"/v1/contacts/{row['id']}" for row in changes["contacts"]["updated"]),
        *(f"/v1/promises/{row['id']}" for row in changes["promises"]["updated"]),
        customer,
        f"{customer}/extended-profile",
        f"{customer}/anniversaries",
        f"{customer}/contacts",
    ]
    assert answers(whole.caller, paths) == {200}

    transfer(whole, admin, other, app)

    assert answers(whole.caller, paths) == {404}
