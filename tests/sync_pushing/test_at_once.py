"""Several phones at the same moment; and pushes that have nothing to do with one another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from crm_api.accounts.models import Role, Team
from crm_api.contact_history.models import Contact
from crm_api.customers.models import Anniversary, Customer
from crm_api.kit import touches
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.sync.models import PushReply, SyncIssue
from tests.factories.accounts import make_staff, make_token
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer
from tests.support import feeds
from tests.support.callers import Caller
from tests.sync_pushing.phone import Phone, ms

pytestmark = pytest.mark.heavy

PHONES = 4


def _day(customer, **changes):
    row = {"id": "day-1", "customer_id": customer.id, "kind": "wedding", "month": 5, "day": 20}
    return {**row, **changes}


def at_once(app, actor, act, *, device=None):
    """Let phones of one person act at the same moment; return the replies."""
    callers = [Caller(app.test_client(), make_token(actor)) for _ in range(PHONES)]
    phones = [Phone(caller, device or f"phone-{n}") for n, caller in enumerate(callers)]
    db.session.rollback()
    start = Barrier(PHONES)

    def run(number):
        start.wait()
        for _ in range(20):  # as the client repeats what was too busy to be answered
            reply = act(phones[number], number)
            if reply.status_code != 503:
                return reply
        return reply

    with ThreadPoolExecutor(PHONES) as pool:
        return list(pool.map(run, range(PHONES)))


def test_one_push_repeated_early_is_one(app, owner, customer):
    body = {"anniversaries": {"created": [_day(customer)]}}

    replies = at_once(app, owner, lambda p, _: p.send(body, key="k1"), device="phone-1")

    assert {r.status_code for r in replies} == {200}
    assert len({r.text for r in replies}) == 1
    assert db.session.query(Anniversary).count() == db.session.query(PushReply).count() == 1


def test_edits_of_different_columns_all_stand(app, owner, customer, sign_in):
    feeds.follow(owner)
    Phone(sign_in(owner), "first").push("anniversaries", created=[_day(customer)])
    edits = [{"month": 6}, {"day": 3}, {"label": "Tea"}, {"is_greeted": False}]

    def edit(phone, number):
        row = {"id": "day-1", **edits[number], "_changed": next(iter(edits[number]))}
        return phone.send({"anniversaries": {"updated": [row]}})

    replies = at_once(app, owner, edit)

    assert [r.json["rejections"] for r in replies] == [[]] * PHONES
    day = db.session.get(Anniversary, "day-1")
    assert (day.month, day.day, day.label, day.is_greeted) == (6, 3, "Tea", False)
    feeds.assert_feeds_true(app)


def test_one_id_for_two_customers_is_one_record_and_one_issue(app, owner, moment):
    keep_default_policies(moment - timedelta(days=30))
    customers = [make_customer(owner) for _ in range(PHONES)]

    def tell(phone, number):
        row = {
            "id": "c-1",
            "customer_id": customers[number].id,
            "occurred_at": ms(moment),
            "channel": "call",
            "category": "service",
            "purpose": "information",
            "outcome": "reached",
            "summary": f"Told by {number}",
        }
        return phone.send({"contacts": {"created": [row]}})

    replies = at_once(app, owner, tell)

    assert {r.status_code for r in replies} == {200}
    assert db.session.query(Contact).count() == 1
    kept = {issue.content["row"]["summary"] for issue in db.session.query(SyncIssue)}
    acknowledged = [r for r in replies if not r.json["rejections"]]
    assert len(acknowledged) + len(kept) >= PHONES


def test_a_push_during_a_handover_lands_in_no_old_feed(app, owner, customer, sign_in):
    team = db.session.get(Team, owner.team_id)
    successor, leader = make_staff(team=team), make_staff(Role.MANAGER, team)
    for one in (owner, successor):
        feeds.follow(one)
    manager = sign_in(leader)
    version = db.session.get(Customer, customer.id).version

    def act(phone, number):
        if number == 0:
            url = f"/v1/customers/{customer.id}/owner"
            body = {"owner_id": successor.id, "reason": "Moved."}
            return manager.put(url, json=body, headers={"If-Match": f'"{version}"'})
        return phone.send({"anniversaries": {"created": [_day(customer, id=f"day-{number}")]}})

    replies = at_once(app, owner, act)

    assert {r.status_code for r in replies} == {200}, [r.text for r in replies]
    feeds.assert_feeds_true(app)
    taken = db.session.query(Anniversary).count()
    assert taken + db.session.query(SyncIssue).count() == PHONES - 1


def test_pushes_of_other_portfolios_wait_for_nobody(app, owner, customer, sign_in):
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite lets one writer in at a time")
    stranger = make_staff()
    theirs, elsewhere = make_customer(stranger), Phone(sign_in(stranger), "phone-9")
    for one in (owner, stranger):
        feeds.follow(one)
    held = Phone(sign_in(owner), "phone-1")
    with transaction():
        db.session.get(Customer, customer.id).name = "虚构改名"
        touches.tell_now()  # from here on it holds its feed's counter, as while it commits
        with ThreadPoolExecutor(1) as pool:
            reply = pool.submit(
                elsewhere.send, {"anniversaries": {"created": [_day(theirs)]}}
            ).result(timeout=10)
    assert reply.status_code == 200
    assert held.push("anniversaries", created=[_day(customer, id="d-2")])["rejections"] == []
