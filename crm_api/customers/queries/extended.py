"""The extended profile and its dates and wishes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.customers.models import (
    Anniversary,
    DoNotDisturbWish,
    ExtendedProfile,
    LifeEvent,
)
from crm_api.customers.queries.access import get_customer
from crm_api.customers.terms import AnniversaryKind
from crm_api.kit import runs
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import fetch_page

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import Page, PageRequest


def find_extended_profile(customer_id: str) -> ExtendedProfile | None:
    """Return what is known of a customer beyond the account, if anybody noted anything."""
    found: ExtendedProfile | None = runs.find(ExtendedProfile, customer_id)
    return found


def fetch_anniversaries(customer_id: str, *, visible_to: Actor, page: PageRequest) -> Page:
    """Return a page of a customer's anniversaries, oldest entry first.

    :raises NotFound: if the actor may not see the customer
    """
    get_customer(customer_id, visible_to=visible_to)
    statement = sa.select(Anniversary).where(Anniversary.customer_id == customer_id)
    return fetch_page(statement, by=[Anniversary.id], page=page)


def find_birthday(customer_id: str) -> Anniversary | None:
    """Return a customer's birthday."""
    statement = sa.select(Anniversary).where(
        Anniversary.customer_id == customer_id, Anniversary.kind == AnniversaryKind.BIRTHDAY
    )
    return db.session.scalars(statement).one_or_none()


def find_anniversary(anniversary_id: str) -> Anniversary | None:
    """Return whosever anniversary has this id, to tell a repeat from a clash."""
    found: Anniversary | None = runs.find(Anniversary, anniversary_id)
    return found


def get_anniversary(anniversary_id: str, *, customer_id: str) -> Anniversary:
    """Return an anniversary of a customer whom the caller has found already.

    :raises NotFound: if it is not this customer's
    """
    anniversary = find_anniversary(anniversary_id)
    if anniversary is None or anniversary.customer_id != customer_id:
        raise NotFound("anniversary")
    return anniversary


def fetch_life_events(customer_id: str, *, visible_to: Actor, page: PageRequest) -> Page:
    """Return a page of a customer's life events, the last noted first.

    :raises NotFound: if the actor may not see the customer
    """
    get_customer(customer_id, visible_to=visible_to)
    statement = sa.select(LifeEvent).where(LifeEvent.customer_id == customer_id)
    return fetch_page(statement, by=[LifeEvent.id], page=page, descending=True)


def get_life_event(event_id: str, *, customer_id: str) -> LifeEvent:
    """Return a life event of a customer whom the caller has found already.

    :raises NotFound: if it is not this customer's
    """
    statement = sa.select(LifeEvent).where(
        LifeEvent.id == event_id, LifeEvent.customer_id == customer_id
    )
    event = db.session.scalars(statement).one_or_none()
    if event is None:
        raise NotFound("life event")
    return event


def fetch_wishes(customer_id: str, *, visible_to: Actor, page: PageRequest) -> Page:
    """Return a page of a customer's do-not-disturb wishes, lifted ones too, newest first.

    :raises NotFound: if the actor may not see the customer
    """
    get_customer(customer_id, visible_to=visible_to)
    statement = sa.select(DoNotDisturbWish).where(DoNotDisturbWish.customer_id == customer_id)
    return fetch_page(statement, by=[DoNotDisturbWish.id], page=page, descending=True)


def get_wish(wish_id: str, *, customer_id: str) -> DoNotDisturbWish:
    """Return a wish of a customer whom the caller has found already.

    :raises NotFound: if it is not this customer's
    """
    statement = sa.select(DoNotDisturbWish).where(
        DoNotDisturbWish.id == wish_id, DoNotDisturbWish.customer_id == customer_id
    )
    wish = db.session.scalars(statement).one_or_none()
    if wish is None:
        raise NotFound("wish")
    return wish
