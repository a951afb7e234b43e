"""Plans and ledgers, made without ceremony."""

from __future__ import annotations

from datetime import datetime

from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.values import Plan
from crm_api.customers.terms import Category, Channel
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction


def make_plan(customer, at: datetime, **changes) -> Plan:
    """A service call to this customer, unless told otherwise."""
    facts = {"channel": Channel.CALL, "category": Category.SERVICE, **changes}
    return Plan(customer_id=getattr(customer, "id", customer), at=at, **facts)


def reserve(plan: Plan, *, by_id: str | None = "tester"):
    """Reserve in a transaction of its own."""
    with transaction():
        return contact_frequency.reserve_slot(plan, by_id=by_id)


def in_transaction(use_case, *args, **kwargs):
    """Run one use case in a transaction of its own, and forget what the session knew."""
    db.session.rollback()
    db.session.expire_all()
    with transaction():
        return use_case(*args, **kwargs)


def keep_default_policies(now: datetime) -> None:
    """Bring in the policies we ship."""
    with transaction():
        contact_frequency.ensure_default_policies(now=now)
