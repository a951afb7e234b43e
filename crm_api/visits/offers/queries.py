"""Offers and opportunities, as far as their customer is visible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, PageRequest, fetch_page
from crm_api.visits.offers.models import Offer, Opportunity

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor

Business = TypeVar("Business", Offer, Opportunity)


def get_offer(offer_id: str, *, visible_to: Actor) -> Offer:
    """Return an offer.

    :raises NotFound: if there is none, or none that the actor may see
    """
    return _one(Offer, offer_id, visible_to)


def get_opportunity(opportunity_id: str, *, visible_to: Actor) -> Opportunity:
    """Return an opportunity.

    :raises NotFound: if there is none, or none that the actor may see
    """
    return _one(Opportunity, opportunity_id, visible_to)


def offers(*, visible_to: Actor, page: PageRequest, **wanted: Any) -> Page:
    """Return offers, newest first."""
    return _list(Offer, visible_to=visible_to, page=page, **wanted)


def opportunities(*, visible_to: Actor, page: PageRequest, **wanted: Any) -> Page:
    """Return opportunities, newest first."""
    return _list(Opportunity, visible_to=visible_to, page=page, **wanted)


def find_taken(model: type[Business], record_id: str | None) -> Business | None:
    """Return whatever has this id, seen or not, to tell a repeat from a clash."""
    return None if record_id is None else db.session.get(model, record_id)


def _one(model: type[Business], record_id: str, visible_to: Actor) -> Business:
    wanted = sa.select(model).where(model.id == record_id)
    record: Business | None = db.session.execute(
        _limit(wanted, model, visible_to=visible_to)
    ).scalar_one_or_none()
    if record is None:
        raise NotFound(model.__name__.lower())
    return record


def _list(model: Any, *, visible_to: Actor, page: PageRequest, **equal: Any) -> Page:
    statement = _limit(sa.select(model), model, visible_to=visible_to)
    for name, value in equal.items():
        if value is not None:
            statement = statement.where(getattr(model, name) == value)
    return fetch_page(statement, by=(model.created_at, model.id), page=page, descending=True)


def _limit(statement: sa.Select[Any], model: Any, *, visible_to: Actor) -> sa.Select[Any]:
    joined = statement.join(Customer, Customer.id == model.customer_id)
    return customers.limit_to(joined, visible_to=visible_to)
