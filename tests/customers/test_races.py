"""Two at once: one of them wins, and the other is told so plainly."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from crm_api.customers.models import Customer, CustomerChange
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer


@pytest.fixture
def at_once(_app):
    """Run calls in threads of their own, started together; return the replies."""

    def at_once(*calls):
        start, replies = threading.Barrier(len(calls)), [None] * len(calls)

        def run(place, call):
            start.wait()
            replies[place] = call()

        threads = [threading.Thread(target=run, args=(n, c)) for n, c in enumerate(calls)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        return replies

    return at_once


def count(model):
    with transaction(read_only=True):
        return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def test_one_account_number_goes_to_one_of_them(sign_in, at_once):
    callers = [sign_in(make_staff()) for _ in range(4)]
    body = {"name": "虚构", "account_no": "A-1"}

    replies = at_once(*[lambda c=c: c.post("/v1/customers", json=body) for c in callers])

    assert sorted(r.status_code for r in replies) == [201, 409, 409, 409]
    assert {r.json["code"] for r in replies if r.status_code == 409} == {"account_number_taken"}
    assert count(Customer) == 1


def test_a_creation_sent_twice_at_once_is_one_customer(sign_in, at_once):
    owner = make_staff()
    body = {"id": "c1", "name": "虚构", "account_no": "A-1"}
    callers = [sign_in(owner) for _ in range(4)]

    replies = at_once(*[lambda c=c: c.post("/v1/customers", json=body) for c in callers])

    assert [r.status_code for r in replies] == [201] * 4
    assert all(r.json == replies[0].json for r in replies)
    assert count(Customer) == 1


def test_of_two_updates_of_one_version_one_is_stale(sign_in, at_once):
    owner = make_staff()
    customer = make_customer(owner)
    callers = [sign_in(owner) for _ in range(2)]

    replies = at_once(
        *[
            lambda c=c, n=n: c.patch(
                f"/v1/customers/{customer.id}",
                json={"plan_name": f"Plan {n}"},
                headers={"If-Match": '"1"'},
            )
            for n, c in enumerate(callers)
        ]
    )

    assert sorted(r.status_code for r in replies) == [200, 412]
    assert next(r for r in replies if r.status_code == 412).json["differs"] == ["plan_name"]
    assert count(CustomerChange) == 1


def test_a_circle_linked_at_once_is_one_person_in_the_end(sign_in, at_once):
    owner = make_staff()
    people = [make_customer(owner).id for _ in range(3)]
    callers = [sign_in(owner) for _ in range(3)]

    def link(caller, first, second):
        for _ in range(5):  # busy means: repeat
            body = {"other_id": second, "kind": "same_person"}
            reply = caller.post(f"/v1/customers/{first}/relations", json=body)
            if reply.status_code != 503:
                return reply
        return reply

    pairs = zip(callers, people, people[1:] + people[:1], strict=True)
    replies = at_once(*[lambda p=pair: link(*p) for pair in pairs])

    assert [r.status_code for r in replies] == [201] * 3
    with transaction(read_only=True):
        assert set(db.session.scalars(sa.select(Customer.person_id))) == {min(people)}
