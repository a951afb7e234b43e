"""The chains as they are stored, for whoever proves them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.contact_history.models import Contact, ContactText, History
from crm_api.contact_history.policies import DIGESTED
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Link = sa.Row[Any]
CUSTOMERS_AT_ONCE = 500


def count_owners() -> int:
    """Return over how many customers the chains are spread."""
    return db.session.scalars(sa.select(sa.func.count()).select_from(Customer)).one()


def stream_links(customer_id: str | None = None) -> Iterator[Sequence[Link]]:
    """Yield all links, ordered by owner and place, some hundred owners at a time.

    A chain and its head come from one statement, so that an entry made meanwhile is in both or
    in neither. Each customer has a row, so that nothing escapes for lack of a head.
    """
    links = _links()
    if customer_id is not None:
        yield db.session.execute(
            links.where(Customer.id.in_(customers.all_ids_of(customer_id)))
        ).all()
        return
    first = ""
    while owners := _owners(after=first):
        wanted = links.where(Customer.id > first, Customer.id <= owners[-1])
        yield db.session.execute(wanted).all()
        first = owners[-1]


def _owners(*, after: str) -> Sequence[str]:
    following = sa.select(Customer.id).where(Customer.id > after).order_by(Customer.id)
    return db.session.scalars(following.limit(CUSTOMERS_AT_ONCE)).all()


def _links() -> sa.Select[Any]:
    text = ContactText
    return (
        sa.select(
            Customer.id.label("owner_id"),
            History.length,
            History.head_digest,
            Contact.digest,
            *(getattr(Contact, name) for name in DIGESTED),
            text.summary,
            text.with_whom,
            text.reason,
            text.salt,
            text.erased_at.is_not(None).label("is_erased"),
        )
        .select_from(Customer)
        .outerjoin(History, History.customer_id == Customer.id)
        .outerjoin(Contact, Contact.customer_id == Customer.id)
        .outerjoin(text, text.contact_id == Contact.id)
        .order_by(Customer.id, Contact.seq)
    )
