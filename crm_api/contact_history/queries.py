"""Read the history, never more of it than the caller may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from crm_api.contact_history.models import Contact, ContactText, History
from crm_api.contact_history.terms import EntryKind
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from crm_api.contact_history.values import NewContact


def find_told(entry: NewContact) -> Contact | None:
    """Find the entry that tells of this contact already, by its id or its source."""
    if entry.id is None and entry.source is None:
        return None
    has_source = (Contact.customer_id == entry.customer_id) & (Contact.source == entry.source)
    found = sa.select(Contact).options(joinedload(Contact.text))
    found = found.where(has_source | (Contact.id == entry.id))
    # Whose id this is decides before whose source it is.
    return db.session.scalars(found.order_by(Contact.id != entry.id)).first()


def stands() -> sa.ColumnElement[bool]:
    """Return the condition that an entry tells of a contact and no later one replaced it."""
    later = aliased(Contact)
    replaced = sa.exists().where(later.corrects_id == Contact.id)
    return sa.and_(Contact.kind != EntryKind.WITHDRAWAL, ~replaced)


def latest_contacts(customer_id: str, *, limit: int) -> Sequence[sa.Row[Any]]:
    """Return a customer's newest contacts as they stand, newest first."""
    newest = (
        sa.select(Contact, ContactText.summary, ContactText.with_whom)
        .join(ContactText, ContactText.contact_id == Contact.id)
        .where(Contact.customer_id == customer_id, stands())
        .order_by(Contact.occurred_at.desc(), Contact.id.desc())
        .limit(limit)
    )
    return db.session.execute(newest).all()


def contact_facts(customer_ids: Collection[str]) -> dict[str, History]:
    """Return the four facts of each customer who has any history."""
    known = sa.select(History).where(History.customer_id.in_(customer_ids))
    return {row.customer_id: row for row in db.session.scalars(known)}
