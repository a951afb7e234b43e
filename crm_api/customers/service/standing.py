"""How a customer stands with the operator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.customers import locks, queries
from crm_api.customers.service.changes import note_change
from crm_api.customers.terms import Aspect
from crm_api.kit.db import db

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.customers.models import Customer
    from crm_api.customers.terms import Status


def set_status(
    customer_id: str, *, status: Status, reason: str, by: Actor, now: datetime
) -> Customer:
    """Say that a customer is active, suspended, closed or deceased.

    Locked as a subject, so that nothing passes the governor's gate on the former status.

    :raises NotFound: if the actor may not see the customer
    """
    locks.lock_subjects(customer_ids=[customer_id])
    customer = queries.get_customer(customer_id, visible_to=by)
    put_status(customer, status, reason=reason, by_id=by.id, now=now)
    db.session.flush()
    return customer


def put_status(
    customer: Customer, status: Status, *, reason: str, by_id: str, now: datetime
) -> bool:
    """Set the status of a customer who is locked; tell whether it was another one."""
    if customer.status is status:
        return False
    before, customer.status = {"status": customer.status}, status
    after = {"status": status}
    note_change(
        customer, Aspect.STATUS, before=before, after=after, reason=reason, by_id=by_id, now=now
    )
    return True
