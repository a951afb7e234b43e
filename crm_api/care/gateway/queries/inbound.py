"""What customers wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.care.gateway.models import AWAITS_REVIEW, InboundMessage
from crm_api.care.gateway.terms import InboundAction
from crm_api.contact_frequency.models import OptOut
from crm_api.contact_frequency.models.suppressions import IN_FORCE
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer, Phone
from crm_api.customers.terms import Channel
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, fetch_page

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

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


def list_inbound(*, visible_to: Actor, page: PageRequest, awaiting_review: bool) -> Page:
    """Return a page of what the reader's customers wrote, oldest first."""
    statement = _visible(visible_to)
    if awaiting_review:
        statement = statement.where(AWAITS_REVIEW)
    return fetch_page(statement, by=[InboundMessage.created_at, InboundMessage.id], page=page)


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
    own = sa.select(Customer.id).where(Customer.phone == InboundMessage.number)
    return statement.where(customers.limit_to(own, visible_to=visible_to).exists())
