"""A customer's contacts in the order of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.contact_history.models import Contact
from crm_api.contact_history.queries.entries import SHOWN, stands
from crm_api.customers import queries as customers
from crm_api.kit.db import db
from crm_api.kit.paging import fetch_page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import Page, PageRequest


def list_contacts(
    customer_id: str, *, page: PageRequest, visible_to: Actor, **filters: Any
) -> Page:
    """Return a piece of a customer's timeline, newest first.

    :raises NotFound: if the actor may not see the customer
    """
    whose = Contact.customer_id.in_(customers.span_of(customer_id, visible_to=visible_to))
    timeline = sa.select(Contact).where(whose).options(*SHOWN)
    timeline = timeline.where(*conditions(**filters))
    by = [Contact.occurred_at, Contact.id]
    return fetch_page(timeline, by=by, page=page, descending=True)


def conditions(
    *,
    of: Any = Contact,
    occurred_from: datetime | None = None,
    occurred_until: datetime | None = None,
    standing_only: bool = False,
    customer_id: str | None = None,
    **equal: Any,
) -> list[sa.ColumnElement[bool]]:
    """Return what filters ask for; `equal` are columns and the value each must have."""
    wanted = [getattr(of, name) == value for name, value in equal.items() if value is not None]
    if customer_id is not None:
        wanted.append(of.customer_id.in_(customers.all_ids_of(customer_id)))
    if occurred_from is not None:
        wanted.append(of.occurred_at >= occurred_from)
    if occurred_until is not None:
        wanted.append(of.occurred_at < occurred_until)
    if standing_only:
        wanted.append(stands(of))
    return wanted


def latest_contacts(customer_id: str, *, limit: int) -> Sequence[Contact]:
    """Return a customer's newest contacts as they stand, newest first."""
    newest = (
        sa.select(Contact)
        .where(Contact.customer_id.in_(customers.ids_of(customer_id)), stands())
        .order_by(Contact.occurred_at.desc(), Contact.id.desc())
        .limit(limit)
    )
    return db.session.scalars(newest.options(*SHOWN)).all()
