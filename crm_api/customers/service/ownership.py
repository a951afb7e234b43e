"""Hand a customer over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.audit import service as audit
from crm_api.customers import locks, queries
from crm_api.customers.service.belongings import move_open_rows
from crm_api.customers.service.changes import note_change
from crm_api.customers.terms import Aspect
from crm_api.kit.db import db
from crm_api.kit.errors import Invalid

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.customers.models import Customer


def transfer_customer(
    customer_id: str, *, owner_id: str, reason: str, by: Actor, now: datetime
) -> Customer:
    """Give a customer to another account manager, and so to that manager's team.

    What is still to be done for the customer goes along.

    :raises NotFound: if the actor may not see the customer
    :raises Invalid: if the new owner is no account manager at work whom the actor may see
    """
    locks.lock_subjects(customer_ids=[customer_id])
    customer = queries.get_customer(customer_id, visible_to=by)
    owner = queries.find_owner(owner_id, visible_to=by)
    if owner is None:
        raise Invalid("/owner_id", "Name an account manager at work in your teams.")
    before = _ownership(customer)
    customer.owner_id, customer.team_id = owner.id, owner.team_id
    after = _ownership(customer)
    if after == before:
        return customer
    if before["owner_id"] is not None:
        move_open_rows([customer.id], from_id=before["owner_id"], to_id=owner.id)
    note_change(
        customer, Aspect.OWNERSHIP, before=before, after=after, reason=reason, by_id=by.id, now=now
    )
    audit.record(
        "customer.transferred",
        by_id=by.id,
        at=now,
        subject_kind="customer",
        subject_id=customer.id,
        details={"before": before, "after": after},
    )
    db.session.flush()
    return customer


def _ownership(customer: Customer) -> dict[str, Any]:
    return {"owner_id": customer.owner_id, "team_id": customer.team_id}
