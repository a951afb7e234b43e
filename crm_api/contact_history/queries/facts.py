"""The four facts that everybody asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.contact_history.models import Contact, History
from crm_api.contact_history.policies import TWO_WAY
from crm_api.contact_history.queries.entries import stands
from crm_api.contact_history.terms import Direction
from crm_api.customers import queries as customers
from crm_api.customers.terms import Channel
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from crm_api.accounts.actors import Actor


def contact_facts(customer_ids: Collection[str]) -> dict[str, History]:
    """Return the four facts of each customer who has any history."""
    known = sa.select(History).where(History.customer_id.in_(customer_ids))
    return {row.customer_id: row for row in db.session.scalars(known)}


def get_facts(customer_id: str, *, visible_to: Actor) -> History:
    """Return one customer's four facts, all empty where nothing happened yet.

    :raises NotFound: if the actor may not see the customer
    """
    customers.require_visible([customer_id], visible_to=visible_to)
    return contact_facts([customer_id]).get(customer_id) or History(customer_id=customer_id)


def count_facts(customer_id: str) -> dict[str, datetime | None]:
    """Work the four facts out anew from the entries that stand."""
    is_two_way = Contact.outcome.in_(TWO_WAY)
    bears_on = {
        "last_attempt_at": Contact.direction == Direction.OUTBOUND,
        "last_two_way_at": is_two_way,
        "last_begun_by_customer_at": Contact.is_begun_by_customer,
        "last_visit_at": is_two_way & (Contact.channel == Channel.VISIT),
    }
    latest = [
        sa.func.max(sa.case((condition, Contact.occurred_at))).label(name)
        for name, condition in bears_on.items()
    ]
    found = sa.select(*latest).where(
        Contact.customer_id.in_(customers.all_ids_of(customer_id)), stands()
    )
    return dict(db.session.execute(found).one()._mapping)  # noqa: SLF001 - its public name
