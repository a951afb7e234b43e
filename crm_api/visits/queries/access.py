"""Who may see what belongs to a customer, and the visits on which somebody goes along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.visits.models import Visit, VisitColleague

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor


def limit_to(statement: sa.Select[Any], model: Any, *, visible_to: Actor) -> sa.Select[Any]:
    """Limit a select over something of a customer's to what the actor may see."""
    joined = statement.join(Customer, Customer.id == model.customer_id)
    return customers.limit_to(joined, visible_to=visible_to)


def limit_visits(statement: sa.Select[Any], *, visible_to: Actor) -> sa.Select[Any]:
    """Limit a select over visits to those of visible customers, and those one goes along on."""
    if visible_to.role is not Role.ACCOUNT_MANAGER:
        return limit_to(statement, Visit, visible_to=visible_to)
    # A union, not an OR: each half is served by its own index.
    theirs = limit_to(sa.select(Visit.id), Visit, visible_to=visible_to)
    return statement.where(Visit.id.in_(sa.union(theirs, _along(visible_to))))


def is_seen(*, visible_to: Actor) -> sa.ColumnElement[bool]:
    """Return the same as a condition on one visit, which asks nothing about all the others."""
    whose = sa.select(sa.literal(1)).where(Customer.id == Visit.customer_id)
    is_theirs = customers.limit_to(whose, visible_to=visible_to).correlate(Visit).exists()
    goes_along = _along(visible_to).where(VisitColleague.visit_id == Visit.id)
    return sa.or_(is_theirs, goes_along.correlate(Visit).exists())


def _along(actor: Actor) -> sa.Select[Any]:
    return sa.select(VisitColleague.visit_id).where(VisitColleague.staff_id == actor.id)
