"""A customer's contacts in the order of time."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.contact_history.terms import Direction, Outcome
from crm_api.customers.terms import Category, Channel
from crm_api.kit import clock
from crm_api.kit.db import db
from tests.factories.accounts import make_staff
from tests.factories.contact_history import make_contact
from tests.factories.customers import make_customer


@pytest.fixture
def owner(app):
    return make_staff()


@pytest.fixture
def customer(owner):
    return make_customer(owner)


def items(caller, customer, query=""):
    reply = caller.get(f"/v1/customers/{customer.id}/contacts?{query}")
    assert reply.status_code == 200, reply.json
    return reply.json["items"]


def test_the_newest_stands_first_whenever_it_was_told(owner, customer, sign_in):
    now = clock.now()
    today = make_contact(customer, now=now)
    before = make_contact(customer, now=now, occurred_at=now - timedelta(days=9))
    between = make_contact(customer, now=now, occurred_at=now - timedelta(days=1))

    shown = items(sign_in(owner), customer)

    assert [item["id"] for item in shown] == [today.id, between.id, before.id]
    assert [item["seq"] for item in shown] == [1, 3, 2]
    assert shown[0]["by_name"] == owner.name


def test_each_filter_narrows(owner, customer, sign_in):
    now = clock.now()
    make_contact(customer, now=now)
    odd = make_contact(
        customer,
        by_id=make_staff().id,
        now=now,
        occurred_at=now - timedelta(days=1),
        channel=Channel.WECHAT,
        category=Category.CARE,
        outcome=Outcome.SENT,
        direction=Direction.INBOUND,
    )
    half_way = (now - timedelta(hours=12)).isoformat().replace("+00:00", "Z")
    caller = sign_in(owner)

    for query in (
        "channel=wechat",
        "category=care",
        "outcome=sent",
        "direction=inbound",
        f"by_id={odd.by_id}",
        f"to={half_way}",
    ):
        assert [item["id"] for item in items(caller, customer, query)] == [odd.id], query
    assert odd.id not in [item["id"] for item in items(caller, customer, f"from={half_way}")]


@pytest.mark.parametrize(
    "query", ["channel=pigeon", "from=yesterday", "limit=0", "limit=201", "cursor=x", "colour=red"]
)
def test_what_it_does_not_know_is_refused(owner, customer, sign_in, query):
    reply = sign_in(owner).get(f"/v1/customers/{customer.id}/contacts?{query}")

    assert (reply.status_code, reply.json["code"]) == (422, "invalid")


def test_pages_hold_each_entry_once_while_others_arrive(owner, customer, sign_in):
    now = clock.now()
    made = [
        make_contact(customer, now=now, occurred_at=now - timedelta(hours=n // 2)).id
        for n in range(7)
    ]
    caller, seen, cursor = sign_in(owner), [], ""

    while cursor is not None:
        path = f"/v1/customers/{customer.id}/contacts?limit=2"
        reply = caller.get(path + (f"&cursor={cursor}" if cursor else ""))
        seen += [item["id"] for item in reply.json["items"]]
        cursor = reply.json["next_cursor"]
        make_contact(customer)

    assert sorted(seen) == sorted(made)


def test_twenty_entries_cost_as_many_statements_as_one(owner, sign_in):
    counts = []
    for length in (1, 20):
        customer = make_customer(owner)
        for _ in range(length):
            make_contact(customer)
        caller = sign_in(owner)
        statements = []
        listener = lambda *a, seen=statements: seen.append(a[2])  # noqa: E731
        sa.event.listen(db.engine, "before_cursor_execute", listener)
        try:
            assert len(items(caller, customer)) == length
        finally:
            sa.event.remove(db.engine, "before_cursor_execute", listener)
        counts.append(len([s for s in statements if s.startswith("SELECT")]))

    assert counts[0] == counts[1] <= 3
