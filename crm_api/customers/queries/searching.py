"""The search box: whoever is found, by how what was typed goes on.

In the order of what matched, which is the order of the index: a page of what half of all customers
match is read from its beginning and no further, be it one character that was typed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts import queries as accounts
from crm_api.accounts.models import Role
from crm_api.customers.models import Customer, Phone, SearchTerm
from crm_api.customers.models.core import BYTEWISE
from crm_api.customers.policies.searching import read_search
from crm_api.customers.queries.cursors import seal, unseal
from crm_api.kit.db import db
from crm_api.kit.paging import Page, fetch_page, up_to_page

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor
    from crm_api.customers.policies.searching import Search
    from crm_api.kit.paging import PageRequest

# Up to so many, each is looked up; beyond, what matches is walked until enough are visible.
FEW = 5_000
_CUSTOMERS = Customer.__table__.c


def fetch_found(
    statement: sa.Select[Any], *, text: str, is_of_few: bool, page: PageRequest
) -> Page:
    """Return a page of those customers of a select whom a text finds, the closest match first.

    :raises Invalid: if the cursor was not made by a search
    """
    search = read_search(text)
    if search is None:
        return Page([], None)
    page = unseal(page)
    found = (_look_each_up if is_of_few else _walk_matches)(statement, search, page)
    return seal(fetch_page(sa.select(found), by=[found.c.match, found.c.id], page=page))


def are_few(team_id: str | None, *, visible_to: Actor) -> bool:
    """Tell whether so few customers come into question that each is best looked up."""
    if visible_to.role is Role.ACCOUNT_MANAGER:
        return True
    if team_id is not None:
        teams = accounts.team_ids_from(team_id)
    elif visible_to.role is Role.MANAGER:
        teams = accounts.subtree_team_ids(visible_to.team_path)
    else:
        return False
    some = sa.select(_CUSTOMERS.id).where(_CUSTOMERS.team_id.in_(teams)).limit(FEW + 1).subquery()
    return (db.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0) <= FEW


def _look_each_up(statement: sa.Select[Any], search: Search, _page: PageRequest) -> Any:
    """Look each customer up: a surname has more bearers than a portfolio members."""
    match = sa.func.coalesce(*_own_matches(search), type_=BYTEWISE).label("match")
    # Materialised, so that PostgreSQL looks each up once and not for each mention.
    looked_up = statement.add_columns(match).cte("looked_up").prefix_with("MATERIALIZED")
    return sa.select(looked_up).where(looked_up.c.match.is_not(None)).subquery()


def _own_matches(search: Search) -> list[Any]:
    """Return what of a customer matches: by name or account number first, else by phone."""
    null: Any = sa.null()
    matches = [_first_term(search), null]
    if search.suffixes is not None:
        matches[1] = _first_suffix(search)
    return matches


def _walk_matches(statement: sa.Select[Any], search: Search, page: PageRequest) -> Any:
    """Walk what matches in the order of its index, each way of matching up to one page."""
    start, end = search.terms
    term = SearchTerm.term
    by_term = (
        statement.join(SearchTerm, SearchTerm.customer_id == Customer.id)
        .add_columns(term.label("match"))
        .where(term >= start, term < end, _is_first(SearchTerm, term, start))
    )
    ways = [up_to_page(by_term, by=[term, SearchTerm.customer_id], page=page)]
    if search.suffixes is not None:
        start, end = search.suffixes
        suffix = Phone.suffix
        by_phone = (
            statement.join(Phone, Phone.customer_id == Customer.id)
            .add_columns(suffix.label("match"))
            .where(suffix >= start, suffix < end, _is_first(Phone, suffix, start))
            .where(_first_term(search).is_(None))
        )
        ways.append(up_to_page(by_phone, by=[suffix, Phone.customer_id], page=page))
    return sa.union_all(*(sa.select(way.subquery()) for way in ways)).subquery()


def _is_first(model: Any, match: Any, start: str) -> Any:
    """Tell whether nothing else of the customer matches before this, so that nobody comes twice.

    A scalar, because PostgreSQL would turn EXISTS, or a comparison with the first, into a join
    over all that match; a truth value, because it believes half of those and one in 200 of others.
    """
    own = model.__table__.alias("others")
    before = sa.select(sa.true()).where(own.c.customer_id == Customer.id, own.c[match.key] >= start)
    before = before.where(own.c[match.key] < match).limit(1)
    correlated = before.correlate(Customer.__table__, model.__table__)
    return correlated.scalar_subquery().is_not(sa.true())


def _first_term(search: Search) -> Any:
    """Return the first of a customer's terms that matches."""
    own, (start, end) = SearchTerm.__table__.alias("own_terms"), search.terms
    first = sa.select(sa.func.min(own.c.term)).where(own.c.customer_id == Customer.id)
    first = first.where(own.c.term >= start, own.c.term < end)
    return first.correlate(Customer.__table__).scalar_subquery()


def _first_suffix(search: Search) -> Any:
    assert search.suffixes is not None  # noqa: S101 - the callers looked
    own, (start, end) = Phone.__table__.alias("own_phones"), search.suffixes
    first = sa.select(sa.func.min(own.c.suffix)).where(own.c.customer_id == Customer.id)
    first = first.where(own.c.suffix >= start, own.c.suffix < end)
    return first.correlate(Customer.__table__).scalar_subquery()
