"""Reads of places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.customers.places.models import Place
from crm_api.customers.queries.access import get_customer
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import fetch_page

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import Page, PageRequest


def fetch_places(customer_id: str, *, visible_to: Actor, page: PageRequest) -> Page:
    """Return a page of a customer's places, oldest first.

    :raises NotFound: if the actor may not see the customer
    """
    get_customer(customer_id, visible_to=visible_to)
    statement = sa.select(Place).where(Place.customer_id == customer_id)
    return fetch_page(statement, by=[Place.id], page=page)


def places_of(customer_id: str) -> Sequence[Place]:
    """Return all places of a customer, oldest first; there are few."""
    statement = sa.select(Place).where(Place.customer_id == customer_id).order_by(Place.id)
    return db.session.scalars(statement).all()


def get_place(place_id: str, *, customer_id: str) -> Place:
    """Return a place of a customer whom the caller has found already.

    :raises NotFound: if it is not this customer's
    """
    statement = sa.select(Place).where(Place.id == place_id, Place.customer_id == customer_id)
    place = db.session.scalars(statement).one_or_none()
    if place is None:
        raise NotFound("place")
    return place


def primary_places(customer_ids: Collection[str]) -> dict[str, Place]:
    """Return where each of these customers is usually met, as far as anybody noted it."""
    statement = sa.select(Place).where(Place.customer_id.in_(customer_ids), Place.is_primary)
    return {place.customer_id: place for place in db.session.scalars(statement)}


def places_by_id(place_ids: Collection[str]) -> dict[str, Place]:
    """Return these places by their ids, of customers whom the caller has found already."""
    if not place_ids:
        return {}
    statement = sa.select(Place).where(Place.id.in_(place_ids))
    return {place.id: place for place in db.session.scalars(statement)}
