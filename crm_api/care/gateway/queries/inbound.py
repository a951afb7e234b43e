"""What customers wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.care.gateway.models import (
    AWAITS_REVIEW,
    UNANSWERED,
    InboundCustomer,
    InboundMessage,
)
from crm_api.care.gateway.terms import InboundAction
from crm_api.care.gateway.values import Reply
from crm_api.contact_frequency.models import OptOut
from crm_api.contact_frequency.models.suppressions import IN_FORCE
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer, Phone
from crm_api.customers.terms import Channel
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, fetch_page

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import PageRequest


def actions_of(inbound_ids: Iterable[str], *, gateway_id: str) -> dict[str, InboundAction]:
    """Return what each message of a gateway made us do."""
    statement = sa.select(InboundMessage.inbound_id, InboundMessage.action).where(
        InboundMessage.gateway_id == gateway_id,
        InboundMessage.inbound_id.in_(sorted(set(inbound_ids))),
    )
    return {row.inbound_id: row.action for row in db.session.execute(statement)}


def customers_on(numbers: Collection[str]) -> dict[str, list[str]]:
    """Return the customers who have each of these numbers."""
    wanted = sorted(numbers)
    main = sa.select(Customer.phone, Customer.id).where(Customer.phone.in_(wanted))
    others = sa.select(Phone.number, Phone.customer_id).where(Phone.number.in_(wanted))
    found: dict[str, list[str]] = {}
    rows: Any = db.session.execute(main.union(others))
    for number, customer_id in sorted(tuple(row) for row in rows):
        found.setdefault(number, []).append(customer_id)
    return found


def find_opt_out_source(number: str) -> str | None:
    """Return what silenced a number, where something does."""
    in_force = sa.select(OptOut.source).where(
        OptOut.number == number, OptOut.channel == Channel.SMS, IN_FORCE
    )
    return db.session.scalar(in_force)


def has_refused_since(message: InboundMessage) -> bool:
    """Tell whether the same number refused in plain words after a message, and never consented."""
    later = (
        sa.select(InboundMessage.action)
        .where(
            InboundMessage.number == message.number,
            InboundMessage.action.in_([InboundAction.OPT_OUT, InboundAction.OPT_IN]),
            InboundMessage.received_at >= message.received_at,
        )
        .order_by(InboundMessage.received_at.desc(), InboundMessage.id.desc())
        .limit(1)
    )
    return db.session.scalar(later) is InboundAction.OPT_OUT


def was_refused_later(message: InboundMessage) -> bool:
    """Tell whether its number refused after a message, so that this is not the last word."""
    later = sa.exists().where(
        InboundMessage.number == message.number,
        InboundMessage.received_at > message.received_at,
        InboundMessage.action.in_([InboundAction.OPT_OUT, InboundAction.REVIEW]),
        InboundMessage.is_refusal.is_distinct_from(sa.false()),
    )
    return bool(db.session.scalar(sa.select(later)))


def list_inbound(
    *,
    visible_to: Actor,
    page: PageRequest,
    awaiting_review: bool,
    unanswered: bool,
    action: InboundAction | None,
    customer_id: str | None,
) -> Page:
    """Return a page of what the reader's customers wrote, oldest first."""
    statement = _visible(visible_to)
    if awaiting_review:
        statement = statement.where(AWAITS_REVIEW)
    if unanswered:
        statement = statement.where(UNANSWERED)
    if action is not None:
        statement = statement.where(InboundMessage.action == action)
    if customer_id is not None:
        wrote = InboundCustomer.customer_id == customer_id
        statement = statement.where(_written_by(visible_to).where(wrote).exists())
    found = fetch_page(statement, by=[InboundMessage.created_at, InboundMessage.id], page=page)
    return Page(replies_of(found.items, visible_to=visible_to), found.next_cursor)


def replies_of(messages: Sequence[InboundMessage], *, visible_to: Actor) -> list[Reply]:
    """Return messages with those of their customers whom the reader may see."""
    ids = sorted({message.id for message in messages})
    statement: Any = sa.select(InboundCustomer.inbound_id, InboundCustomer.customer_id)
    statement = statement.join(Customer, Customer.id == InboundCustomer.customer_id)
    statement = statement.where(InboundCustomer.inbound_id.in_(ids))
    wrote: dict[str, list[str]] = {}
    for row in db.session.execute(customers.limit_to(statement, visible_to=visible_to)):
        wrote.setdefault(row.inbound_id, []).append(row.customer_id)
    return [Reply(message, tuple(sorted(wrote.get(message.id, [])))) for message in messages]


def get_inbound(inbound_id: str, *, visible_to: Actor) -> InboundMessage:
    """Return a message that a customer wrote.

    :raises NotFound: if there is none, or none of the reader's customers wrote it
    """
    statement = _visible(visible_to).where(InboundMessage.id == inbound_id)
    found: InboundMessage | None = db.session.scalars(statement).one_or_none()
    if found is None:
        raise NotFound("inbound message")
    return found


def lock_inbound(inbound_id: str) -> InboundMessage:
    """Lock a message that a customer wrote and read it as it is now."""
    statement = sa.select(InboundMessage).where(InboundMessage.id == inbound_id)
    locked = statement.with_for_update().execution_options(populate_existing=True)
    return db.session.scalars(locked).one()


def _visible(visible_to: Actor) -> sa.Select[Any]:
    statement = sa.select(InboundMessage)
    if visible_to.role in (Role.ADMIN, Role.AUDITOR):
        return statement  # some come from numbers that nobody knows
    return statement.where(_written_by(visible_to).exists())


def _written_by(visible_to: Actor) -> sa.Select[Any]:
    """Return the customers of a message whom the reader may see."""
    wrote = sa.select(Customer.id).join(InboundCustomer, InboundCustomer.customer_id == Customer.id)
    of_message = wrote.where(InboundCustomer.inbound_id == InboundMessage.id)
    return customers.limit_to(of_message, visible_to=visible_to)
