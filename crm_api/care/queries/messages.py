"""Reads the outbox, limited to the messages of customers whom the reader may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.care.models import CareMessage
from crm_api.care.queries.filters import conditions, limit_to_customers
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, fetch_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import PageRequest

IS_WAITING = sa.text("care_messages.state IN ('queued', 'leased')")


def list_messages(
    *, visible_to: Actor, page: PageRequest, team_id: str | None = None, **filters: Any
) -> Page:
    """Return a page of messages, by the moment they are due."""
    found = sa.select(CareMessage).where(*conditions(**filters))
    if visible_to.role is Role.ACCOUNT_MANAGER:
        theirs = found.join(Customer, Customer.id == CareMessage.customer_id)
        statement = limit_to_customers(theirs, visible_to=visible_to, team_id=team_id)
    else:
        statement = _walk(found, visible_to=visible_to, team_id=team_id)
    by = [CareMessage.on_day, CareMessage.due_at, CareMessage.id]
    return fetch_page(statement, by=by, page=page)


def _walk(found: sa.Select[Any], *, visible_to: Actor, team_id: str | None) -> sa.Select[Any]:
    """Look at the customer of each message in turn: most are seen by whoever sees many.

    A scalar subquery, because SQLite would start from the customers and read all their messages.
    """
    whose = sa.select(sa.literal(1)).where(Customer.id == CareMessage.customer_id)
    is_seen = limit_to_customers(whose, visible_to=visible_to, team_id=team_id)
    return found.where(is_seen.correlate(CareMessage).scalar_subquery() == 1)


def get_message(message_id: str, *, visible_to: Actor) -> CareMessage:
    """Return a message.

    :raises NotFound: if there is none, or its customer is not the reader's to see
    """
    statement = _visible(visible_to).where(CareMessage.id == message_id)
    message: CareMessage | None = db.session.scalars(statement).one_or_none()
    if message is None:
        raise NotFound("care message")
    return message


def _visible(visible_to: Actor) -> sa.Select[Any]:
    statement = sa.select(CareMessage).join(Customer, Customer.id == CareMessage.customer_id)
    return customers.limit_to(statement, visible_to=visible_to)


def lock_losing(slot_ids: Iterable[str]) -> Sequence[CareMessage]:
    """Return the waiting messages of these slots, as they are now, locked by id."""
    statement = (
        sa.select(CareMessage)
        .where(is_among(CareMessage.slot_id, slot_ids), IS_WAITING)
        .order_by(CareMessage.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(statement).all()


def overdue_ids(at: datetime, *, limit: int) -> Sequence[Any]:
    """Return messages that nobody handed out in time, with their subjects, longest due first."""
    return _waiting(CareMessage.send_before <= at, limit=limit, by=CareMessage.send_before)


def waiting_for(number: str) -> Sequence[Any]:
    """Return the messages that would still go to a number, with their subjects."""
    return _waiting(CareMessage.number == number, limit=None, by=CareMessage.id)


def _waiting(condition: sa.ColumnElement[bool], *, limit: int | None, by: Any) -> Sequence[Any]:
    # The states stand as literals, so that SQLite uses the partial indexes.
    statement = (
        sa.select(CareMessage.id, CareMessage.customer_id, CareMessage.number)
        .where(IS_WAITING, condition)
        .order_by(by, CareMessage.id)
        .limit(limit)
    )
    return db.session.execute(statement).all()


def lock_waiting(message_ids: Sequence[str]) -> Sequence[CareMessage]:
    """Return those of these messages that still wait, as they are now, locked by id."""
    statement = (
        sa.select(CareMessage)
        .where(CareMessage.id.in_(message_ids), IS_WAITING)
        .order_by(CareMessage.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(statement).all()
