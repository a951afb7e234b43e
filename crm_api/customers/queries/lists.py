"""Portfolios and the search box: pages of what the actor may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.customers.models import Customer, Phone, SearchTerm
from crm_api.customers.policies.searching import read_search
from crm_api.customers.queries.access import limit_to, shown_name
from crm_api.customers.queries.conditions import CONDITIONS
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
    """Return a page of customers, oldest first, whom the actor may see and all filters let pass.

    `among` narrows them further, such as to a segment.
    """
    columns = {name: Customer.__table__.c[name] for name in LISTED}
    columns["name"] = shown_name(visible_to=visible_to).label("name")
    statement = sa.select(*columns.values()).where(Customer.merged_into_id.is_(None))
    if among is not None:
        statement = statement.where(among)
    for name, value in filters.items():
        if value is not None:
            statement = statement.where(CONDITIONS[name](value))
    if q is not None:
        is_portfolio = visible_to.role is Role.ACCOUNT_MANAGER or filters.get("owner_id")
        statement = statement.where((_is_found if is_portfolio else _is_among_found)(q))
    statement = limit_to(statement, visible_to=visible_to)
    return fetch_page(statement, by=[Customer.__table__.c.id], page=page)


def _is_found(text: str) -> sa.ColumnElement[bool]:
    """Look each customer of a portfolio up: a surname has more bearers than a portfolio members."""
    # A scalar, because PostgreSQL would turn EXISTS into a walk over all bearers.
    own = [p.where(p.selected_columns[0] == Customer.id).limit(1) for p in _places(text)]
    return sa.or_(sa.false(), *(look_up.scalar_subquery().is_not(None) for look_up in own))


def _is_among_found(text: str) -> sa.ColumnElement[bool]:
    """Look the text up, and then the customers."""
    places = _places(text)
    return Customer.id.in_(sa.union(*places)) if places else sa.false()


def _places(text: str) -> list[sa.Select[str]]:
    search = read_search(text)
    if search is None:
        return []
    start, end = search.terms
    term, suffix = SearchTerm.term, Phone.suffix
    places = [sa.select(SearchTerm.customer_id).where(term >= start, term < end)]
    if search.suffixes is not None:
        start, end = search.suffixes
        places.append(sa.select(Phone.customer_id).where(suffix >= start, suffix < end))
    return places
