"""What a former owner or stand-in did before it ended: told late, it is the owner's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crm_api.customers.models import Customer
from crm_api.kit.db import db

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.sync.pushing.values import Push


def actor_at(push: Push, *, customer_id: str, at: datetime) -> Actor:
    """Return as whom the sender writes what was done for a customer at a moment.

    The sender stays its author. Whatever came after that, the service refuses by itself.
    """
    left_at = push.left_at.get(customer_id)
    if left_at is None or at >= left_at:
        return push.by
    owner_id = db.session.get_one(Customer, customer_id).owner_id
    return push.by if owner_id is None else replace(push.by, covers=(*push.by.covers, owner_id))
