"""A customer's numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.customers.models import Phone
from crm_api.customers.queries.access import get_customer
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import fetch_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import Page, PageRequest


def fetch_phones(customer_id: str, *, visible_to: Actor, page: PageRequest) -> Page:
    """Return a page of a customer's numbers, oldest first.

    :raises NotFound: if the actor may not see the customer
    """
    get_customer(customer_id, visible_to=visible_to)
    statement = sa.select(Phone).where(Phone.customer_id == customer_id)
    return fetch_page(statement, by=[Phone.id], page=page)


def phones_of(customer_id: str) -> Sequence[Phone]:
    """Return all numbers of a customer, oldest first; there are few."""
    statement = sa.select(Phone).where(Phone.customer_id == customer_id).order_by(Phone.id)
    return db.session.scalars(statement).all()


def get_phone(phone_id: str, *, customer_id: str) -> Phone:
    """Return one number of a customer whom the caller has found already.

    :raises NotFound: if it is not this customer's
    """
    statement = sa.select(Phone).where(Phone.id == phone_id, Phone.customer_id == customer_id)
    phone = db.session.scalars(statement).one_or_none()
    if phone is None:
        raise NotFound("phone")
    return phone
