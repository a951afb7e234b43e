"""Contacts across customers: those of a portfolio, of a team's subtree, or all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, with_expression

from crm_api.accounts.models import Staff
from crm_api.contact_history import queries as contact_history
from crm_api.contact_history.models import Contact, ContactText
from crm_api.contact_history.terms import EntryKind
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.kit.db import db
from crm_api.kit.paging import Page, PageRequest, fetch_page

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor

# Up to so many customers it is cheaper to sort all their contacts than to walk through
# everybody's in order of time, looking for theirs.
FEW_CUSTOMERS = 1000
EXPORTED_AT_ONCE = 1000
# With one of these the walk is short, however few of the contacts on it are visible.
NARROWING = ("customer_id", "by_id")

_later = aliased(Contact)
POOLED: tuple[Any, ...] = (
    Contact.id,
    Contact.kind,
    Contact.occurred_at,
    Contact.channel,
    Contact.direction,
    Contact.category,
    Contact.outcome,
    Contact.is_late,
    Contact.has_overrun,
)
EXPORTED = {
    "id": Contact.id,
    "occurred_at": Contact.occurred_at,
    "recorded_at": Contact.recorded_at,
    "customer_id": Contact.customer_id,
    "customer_name": Customer.name,
    "by_id": Contact.by_id,
    "by_name": Staff.name,
    "channel": Contact.channel,
    "direction": Contact.direction,
    "category": Contact.category,
    "purpose": Contact.purpose,
    "outcome": Contact.outcome,
    "with_whom": ContactText.with_whom,
    "summary": ContactText.summary,
    "reason": ContactText.reason,
    "kind": Contact.kind,
    "corrects_id": Contact.corrects_id,
    "replaced_by_id": _later.id,
    "is_withdrawn": sa.func.coalesce(_later.kind == EntryKind.WITHDRAWAL, sa.false()),
    "is_begun_by_customer": Contact.is_begun_by_customer,
    "is_late": Contact.is_late,
    "has_overrun": Contact.has_overrun,
    "source": Contact.source,
}


def list_contacts(*, page: PageRequest, visible_to: Actor, **filters: Any) -> Page:
    """Return a piece of what the actor may see of everybody's contacts, newest first.

    Whose contacts these are follows the customers' owners and teams of today.
    """
    places = _find_places(page, visible_to=visible_to, filters=filters)
    whose = customers.shown_name(visible_to=visible_to)
    named = sa.select(whose).where(Customer.id == Contact.customer_id).scalar_subquery()
    shown = (*contact_history.SHOWN, with_expression(Contact.customer_name, named))
    found = sa.select(Contact).where(Contact.id.in_(places.items)).options(*shown)
    contacts = {contact.id: contact for contact in db.session.scalars(found)}
    return Page([contacts[place] for place in places.items], places.next_cursor)


def export_piece(*, cursor: str | None, visible_to: Actor, **filters: Any) -> Page:
    """Return the next rows of an export, in the order of the list."""
    page = PageRequest(limit=EXPORTED_AT_ONCE, cursor=cursor)
    places = _find_places(page, visible_to=visible_to, filters=filters)
    named = {"customer_name": customers.shown_name(visible_to=visible_to)}
    wanted = (
        sa.select(*(EXPORTED | named).values())
        .select_from(Contact)
        .join(ContactText, ContactText.contact_id == Contact.id)
        .join(Customer, Customer.id == Contact.customer_id)
        .outerjoin(Staff, Staff.id == Contact.by_id)
        .outerjoin(_later, _later.corrects_id == Contact.id)
        .where(Contact.id.in_(places.items))
        .order_by(Contact.occurred_at.desc(), Contact.id.desc())
    )
    return Page(db.session.execute(wanted).all(), places.next_cursor)


def _find_places(page: PageRequest, *, visible_to: Actor, filters: dict[str, Any]) -> Page:
    """Find which entries a page holds, before anything else is read of them."""
    is_short = any(filters.get(name) is not None for name in NARROWING)
    find = _sort_few if not is_short and _sees_few(visible_to) else _walk
    statement, by = find(filters, visible_to=visible_to)
    return fetch_page(statement, by=by, page=page, descending=True)


def _sees_few(visible_to: Actor) -> bool:
    seen = customers.limit_to(sa.select(Customer.id), visible_to=visible_to, even_erased=True)
    some = seen.limit(FEW_CUSTOMERS + 1).subquery()
    count = db.session.scalars(sa.select(sa.func.count()).select_from(some)).one()
    return count <= FEW_CUSTOMERS


def _walk(filters: dict[str, Any], *, visible_to: Actor) -> tuple[sa.Select[Any], list[Any]]:
    # A scalar subquery, because neither engine turns it into a join that starts elsewhere.
    whose = sa.select(sa.literal(1)).where(Customer.id == Contact.customer_id)
    is_visible = customers.limit_to(whose, visible_to=visible_to, even_erased=True).correlate(
        Contact
    )
    found = sa.select(Contact.id).where(is_visible.scalar_subquery() == 1)
    found = found.where(*contact_history.conditions(**filters))
    return found, [Contact.occurred_at, Contact.id]


def _sort_few(filters: dict[str, Any], *, visible_to: Actor) -> tuple[sa.Select[Any], list[Any]]:
    theirs = sa.select(*POOLED).join(Contact.customer)
    # Else both engines may walk through everybody's contacts after all, to save the sort, or
    # start from a filter that nearly all of everybody's contacts pass.
    pool = customers.limit_to(theirs, visible_to=visible_to, even_erased=True).cte("pool")
    few = aliased(Contact, pool.prefix_with("MATERIALIZED"))
    found = sa.select(few.id).where(*contact_history.conditions(of=few, **filters))
    return found, [few.occurred_at, few.id]
