"""An account manager with a customer and a phone, and what the feed was asked to tell again."""

from __future__ import annotations

import pytest

from crm_api.sync.feeding import service as feeding
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer
from tests.sync_pushing.phone import Phone


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
