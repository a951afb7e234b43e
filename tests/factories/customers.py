"""Customers, plainly fictional, made without ceremony."""

from __future__ import annotations

import itertools

from crm_api.accounts.actors import Actor
from crm_api.customers.models import Customer
from crm_api.customers.service.derived import keep_derived, keep_reading, phone_of
from crm_api.customers.terms import Kind, Status, Tier
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff

_numbers = itertools.count(1)


def make_customer(owner: Actor | None = None, **changes) -> Customer:
    """Make a customer of this account manager (a new one, unless told), with a mobile number."""
    if owner is None and not {"owner_id", "team_id"} <= set(changes):
        owner = make_staff()
    number = next(_numbers)
    for name, enum in (("kind", Kind), ("tier", Tier), ("status", Status)):
        if name in changes:
            changes[name] = enum(changes[name])
    tier = changes.get("tier", Tier.STANDARD)
    facts = {
        "id": new_id(),
        "kind": Kind.INDIVIDUAL,
        "name": f"虚构{number}号",
        "phone": f"+86139{number:08d}",
        "account_no": f"T{number:09d}",
        "team_id": owner.team_id if owner else None,
        "owner_id": owner.id if owner else None,
        "own_tier": tier,
        "created_at": clock.now(),
        **changes,
    }
    customer = Customer(**facts)
    keep_reading(customer)
    with transaction():
        db.session.add(customer)
        keep_derived([customer], now=customer.created_at)
        if customer.phone:
            db.session.add(
                phone_of(
                    customer.phone,
                    customer_id=customer.id,
                    now=customer.created_at,
                    is_primary=True,
                    label="",
                )
            )
    return customer
