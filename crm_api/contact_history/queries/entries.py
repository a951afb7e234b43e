"""Single entries, and what stands of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from crm_api.accounts.models import Staff
from crm_api.contact_history.errors import NoLongerStands
from crm_api.contact_history.models import Contact
from crm_api.contact_history.terms import EntryKind
from crm_api.customers import queries as customers
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.straight import StraightRead

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_api.accounts.actors import Actor
    from crm_api.contact_history.values import NewContact


SHOWN = (
    joinedload(Contact.text, innerjoin=True),
    joinedload(Contact.author).load_only(Staff.name),
    joinedload(Contact.replacement).load_only(Contact.kind),
)


_ID, _WHOSE, _SOURCE = (sa.bindparam(n, type_=sa.Text()) for n in ("id", "customer_id", "source"))
_HAS_SOURCE = sa.and_(Contact.customer_id == _WHOSE, Contact.source == _SOURCE)
_TOLD = StraightRead(sa.select(Contact.id).where(sa.or_(Contact.id == _ID, _HAS_SOURCE)))


def find_told(entry: NewContact) -> Contact | None:
    """Find the entry that tells of this contact already, by its id or its source."""
    return find_all_told([entry])[0]


def find_all_told(entries: Sequence[NewContact]) -> list[Contact | None]:
    """Find for each contact the entry that tells of it already, by its id or its source."""
    if len(entries) == 1 and not _is_told(entries[0]):  # the usual, found out with the least
        return [None]
    sources = [(entry.customer_id, entry.source) for entry in entries if entry.source is not None]
    ids = [entry.id for entry in entries if entry.id is not None]
    has_source = sa.tuple_(Contact.customer_id, Contact.source).in_(sources)
    found = sa.select(Contact).options(joinedload(Contact.text))
    named = [c for c, wanted in ((has_source, sources), (Contact.id.in_(ids), ids)) if wanted]
    told = db.session.scalars(found.where(sa.or_(*named))).all() if named else []
    by_source: dict[Any, Contact] = {
        (c.customer_id, c.source): c for c in told if c.source is not None
    }
    by_id = {contact.id: contact for contact in told}
    # Whose id this is decides before whose source it is.
    return [by_id.get(e.id or "") or by_source.get((e.customer_id, e.source)) for e in entries]


def _is_told(entry: NewContact) -> bool:
    asked = {"id": entry.id or "", "customer_id": entry.customer_id, "source": entry.source or ""}
    return bool(_TOLD.rows(**asked))


def find_entry(entry_id: str) -> Contact | None:
    """Find any entry with its text, whoever asks: to see whether an id is taken."""
    found = sa.select(Contact).options(joinedload(Contact.text))
    return db.session.scalar(found.where(Contact.id == entry_id))


def get_contact(contact_id: str, *, visible_to: Actor) -> Contact:
    """Return an entry with its text.

    :raises NotFound: if there is none, or none that the actor may see
    """
    found = sa.select(Contact).join(Contact.customer).where(Contact.id == contact_id)
    found = customers.limit_to(found, visible_to=visible_to).options(*SHOWN)
    contact = db.session.scalar(found)
    if contact is None:
        raise NotFound("contact")
    return contact


def require_standing(contact: Contact) -> None:
    """Make sure that an entry still tells how it was. Asked under the lock of its chain.

    :raises NoLongerStands: if a later entry replaced it, or it takes another back
    """
    later = db.session.scalar(sa.select(Contact.id).where(Contact.corrects_id == contact.id))
    if later is None and contact.kind is EntryKind.WITHDRAWAL:
        later = contact.id
    if later is not None:
        raise NoLongerStands(by_entry_id=later)


def is_slot_shared(contact: Contact) -> bool:
    """Tell whether the slot serves another customer's contact, which did happen."""
    others = stands() & (Contact.slot_id == contact.slot_id) & (Contact.id != contact.id)
    return bool(db.session.scalar(sa.select(sa.exists().where(others))))


def stands(of: Any = Contact) -> sa.ColumnElement[bool]:
    """Return the condition that an entry tells of a contact and no later one replaced it."""
    later = aliased(Contact)
    replaced = sa.exists().where(later.corrects_id == of.id)
    return sa.and_(of.kind != EntryKind.WITHDRAWAL, ~replaced)
