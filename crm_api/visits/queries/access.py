"""Who may see what belongs to a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.customers import queries as customers
from crm_api.customers.models import Customer

if TYPE_CHECKING:
    import sqlalchemy as sa

    from crm_api.accounts.actors import Actor


def limit_to(statement: sa.Select[Any], model: Any, *, visible_to: Actor) -> sa.Select[Any]:
    """Limit a select over something of a customer's to what the actor may see."""
    joined = statement.join(Customer, Customer.id == model.customer_id)
    return customers.limit_to(joined, visible_to=visible_to)
