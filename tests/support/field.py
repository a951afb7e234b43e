"""A day in the field: fixtures shared by visits and preparation."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.models import Slot
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer


@pytest.fixture
def field(app, sign_in, at, moment):
    """An account manager at work on a Tuesday at 10:00, a customer, and tomorrow's hour."""
    at(moment)
    with transaction():
        contact_frequency.ensure_default_policies(now=moment - timedelta(days=30))
    owner = make_staff()
    customer = make_customer(owner)
    return SimpleNamespace(
        owner=owner,
        customer=customer,
        caller=sign_in(owner),
        now=moment,
        tomorrow=moment + timedelta(days=1),
    )


@pytest.fixture
def slot_of(app):
    """Read a visit's slot from the ledger."""

    def read(visit) -> Slot:
        db.session.rollback()
        db.session.expire_all()
        return db.session.scalars(sa.select(Slot).where(Slot.id == visit["slot_id"])).one()

    return read
