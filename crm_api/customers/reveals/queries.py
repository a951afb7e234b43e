"""Who had what shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.customers.models import Customer
from crm_api.customers.queries import limit_to
from crm_api.customers.reveals.models import Reveal
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import fetch_page

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.customers.terms import RevealField
    from crm_api.kit.paging import Page, PageRequest


def fetch_reveals(*, visible_to: Actor, page: PageRequest, **equal: Any) -> Page:
    """Return a page of what was shown of the customers whom the actor may see, newest first."""
    statement = sa.select(Reveal).join(Customer, Customer.id == Reveal.customer_id)
    wanted = {name: value for name, value in equal.items() if value is not None}
    statement = limit_to(statement.filter_by(**wanted), visible_to=visible_to)
    return fetch_page(statement, by=[Reveal.id], page=page, descending=True)


def get_own_reveal(reveal_id: str, *, customer_id: str, by_id: str) -> Reveal:
    """Return a reveal to whoever asked for it.

    :raises NotFound: if there is none of this customer, or a colleague asked
    """
    statement = sa.select(Reveal).where(
        Reveal.id == reveal_id, Reveal.customer_id == customer_id, Reveal.by_id == by_id
    )
    reveal = db.session.scalars(statement).one_or_none()
    if reveal is None:
        raise NotFound("reveal")
    return reveal


def find_open_reveal(
    customer_id: str, *, field: RevealField, phone_id: str | None, by_id: str, now: datetime
) -> Reveal | None:
    """Return the reveal of this very number that somebody has open still."""
    statement = sa.select(Reveal).where(
        Reveal.customer_id == customer_id,
        Reveal.field == field,
        Reveal.phone_id == phone_id,
        Reveal.by_id == by_id,
        Reveal.expires_at > now,
    )
    return db.session.scalars(statement.order_by(Reveal.id.desc()).limit(1)).first()


def count_reveals(*, by_id: str, since: datetime) -> int:
    """Return how many numbers and documents somebody has had revealed since a moment."""
    statement = sa.select(sa.func.count()).where(Reveal.by_id == by_id, Reveal.created_at >= since)
    return db.session.scalar(statement) or 0
