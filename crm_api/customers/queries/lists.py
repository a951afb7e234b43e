"""Portfolios and the search box: pages of what the actor may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.customers.models import Customer
from crm_api.customers.queries.access import IS_ITSELF, limit_to, shown_name
from crm_api.customers.queries.conditions import CONDITIONS
from crm_api.customers.queries.searching import are_few, fetch_found
from crm_api.kit.paging import fetch_page

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import Page, PageRequest

LISTED = (
    "id",
    "version",
    "kind",
    "name",
    "phone",
    "account_no",
    "status",
    "tier",
    "team_id",
    "owner_id",
)


def fetch_customers(
    *,
    visible_to: Actor,
    page: PageRequest,
    q: str | None = None,
    among: sa.ColumnElement[bool] | None = None,
    **filters: Any,
) -> Page:
    """Return a page of customers whom the actor may see and all filters let pass.

    The oldest first; where a text is searched for, those whom it fits best. `among` narrows them
    further, such as to a segment.
    """
    columns = {name: Customer.__table__.c[name] for name in LISTED}
    columns["name"] = shown_name(visible_to=visible_to).label("name")
    statement = sa.select(*columns.values()).where(IS_ITSELF)
    if among is not None:
        statement = statement.where(among)
    for name, value in filters.items():
        if value is not None:
            statement = statement.where(CONDITIONS[name](value))
    statement = limit_to(statement, visible_to=visible_to)
    if q is not None:
        is_of_few = bool(filters.get("owner_id")) or are_few(
            filters.get("team_id"), visible_to=visible_to
        )
        return fetch_found(statement, text=q, is_of_few=is_of_few, page=page)
    return fetch_page(statement, by=[Customer.__table__.c.id], page=page)
