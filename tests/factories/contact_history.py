"""Contacts, told through the service that the product uses."""

from __future__ import annotations

from datetime import datetime

from crm_api.contact_history import service as contact_history
from crm_api.contact_history.models import Contact
from crm_api.contact_history.terms import Direction, Outcome, Purpose
from crm_api.contact_history.values import NewContact
from crm_api.customers.models import Customer
from crm_api.customers.terms import Category, Channel
from crm_api.kit import clock
from crm_api.kit.transactions import transaction


def make_contact(
    customer: Customer,
    *,
    by_id: str | None = None,
    now: datetime | None = None,
    slot_id: str | None = None,
    **changes,
) -> Contact:
    """Record a call that reached the customer, unless told otherwise."""
    now = now or clock.now()
    entry = NewContact(
        **{
            "customer_id": customer.id,
            "occurred_at": now,
            "channel": Channel.CALL,
            "direction": Direction.OUTBOUND,
            "category": Category.SERVICE,
            "purpose": Purpose.BOND,
            "outcome": Outcome.REACHED,
            "summary": "Spoke about the new plan.",
            "with_whom": "the customer",
            **changes,
        }
    )
    with transaction():
        return contact_history.record_contact(
            entry, by_id=by_id or customer.owner_id, now=now, slot_id=slot_id
        )
