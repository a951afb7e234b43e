"""What a customer was before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.customers.models import CustomerChange
from crm_api.customers.queries.access import all_ids_of, get_customer
from crm_api.customers.terms import Aspect
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db
from crm_api.kit.paging import fetch_page

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import Page, PageRequest


def left_since(
    customer_ids: Collection[str], *, owner_id: str, since: datetime
) -> dict[str, datetime]:
    """Return which of these customers left somebody's portfolio since a moment, and when last."""
    moved = sa.select(
        CustomerChange.customer_id, CustomerChange.before, CustomerChange.changed_at
    ).where(
        is_among(CustomerChange.customer_id, customer_ids),
        CustomerChange.aspect == Aspect.OWNERSHIP,
        CustomerChange.changed_at >= since,
    )
    rows = db.session.execute(moved.order_by(CustomerChange.changed_at, CustomerChange.id))
    return {
        customer_id: changed_at
        for customer_id, before, changed_at in rows
        if before is not None and before["owner_id"] == owner_id
    }


def fetch_changes(
    customer_id: str, *, aspect: Aspect | None, visible_to: Actor, page: PageRequest
) -> Page:
    """Return a page of a customer's changes, newest first.

    :raises NotFound: if the actor may not see the customer
    """
    get_customer(customer_id, visible_to=visible_to)
    statement = sa.select(CustomerChange).where(
        CustomerChange.customer_id.in_(all_ids_of(customer_id))
    )
    if aspect is not None:
        statement = statement.where(CustomerChange.aspect == aspect)
    return fetch_page(statement, by=[CustomerChange.id], page=page, descending=True)
