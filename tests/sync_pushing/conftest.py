"""An account manager with a customer and a phone, and what the feed was asked to tell again."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from crm_api.accounts.models import Role
from crm_api.customers import service as customers
from crm_api.kit.transactions import transaction
from crm_api.sync.feeding import service as feeding
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer
from tests.support.feeds import follow
from tests.sync_pushing.phone import Phone
from tests.sync_pushing.visits import (
    HOUR,
    MINUTE,
    a_note,
    a_person,
    a_visit,
    an_objective,
    created,
    made,
    recorded,
)


@pytest.fixture
def owner(app, at, moment):
    at(moment)
    return make_staff()


@pytest.fixture
def customer(owner):
    return make_customer(owner)


@pytest.fixture
def phone(sign_in, owner):
    return Phone(sign_in(owner))


@pytest.fixture
def told_again(monkeypatch):
    """What is delivered again to phones, as (table, id)."""
    told: set[tuple[str, str]] = set()
    deliver = feeding.deliver_again

    def note(subscriber_id, *, table, record_ids, now):
        told.update((table, one) for one in record_ids)
        deliver(subscriber_id, table=table, record_ids=record_ids, now=now)

    monkeypatch.setattr(feeding, "deliver_again", note)
    return told


@pytest.fixture
def seen(phone):
    """Read a visit as it stands."""

    def read(visit_id="v-1"):
        return phone.caller.get(f"/v1/visits/{visit_id}").json

    return read


@pytest.fixture
def whole(customer, moment):
    """A visit of this morning, made and closed without a network."""
    began = moment - 2 * HOUR

    def push(*, tasks=(), promises=(), **changes):
        row = a_visit(customer, starts_at=began, **made(began), **recorded(began, **changes))
        return created(
            follow_ups=tasks,
            promises=promises,
            visits=[row],
            visit_objectives=[an_objective(outcome="met", outcome_note="It is her.")],
            visit_persons=[a_person(was_met=True)],
            visit_notes=[a_note(began + 10 * MINUTE)],
        )

    return push


@pytest.fixture
def heir(sign_in, customer, moment):
    """Who got the customer an hour ago, while the phone was offline."""
    new_owner, admin = make_staff(), make_staff(Role.ADMIN)
    follow(new_owner)
    with transaction():
        customers.transfer_customer(
            customer.id, owner_id=new_owner.id, reason="Moved.", by=admin, now=moment - HOUR
        )
    return SimpleNamespace(id=new_owner.id, caller=sign_in(new_owner))
