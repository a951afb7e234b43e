"""What customers hear on the occasions around a day: read by now, or still to be read."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm_api import config
from crm_api.care.models import LOST, CareMessage
from crm_api.care.policies.choosing import Told
from crm_api.care.terms import MessageState
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from crm_api.care.policies.timing import Window

# Told the customer something, or still will: each is an occasion. What was stopped on its way was
# never read, and what lost its moment is none unless it gets it back; then it has the same words.
MAY_BE_READ = frozenset(
    {
        MessageState.QUEUED,
        MessageState.LEASED,
        MessageState.SUBMITTING,
        MessageState.SUBMITTED,
        MessageState.DELIVERED,
        MessageState.UNDELIVERED,
        MessageState.UNCERTAIN,
    }
)
SAID: list[Any] = [
    CareMessage.customer_id,
    CareMessage.template_id,
    CareMessage.text,
    CareMessage.due_at,
]
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
FAR_AHEAD = datetime(2200, 1, 1, tzinfo=UTC)


def find_told(
    persons: Mapping[str, str | None], *, around: Window, but_for: date | None = None
) -> dict[str, Told]:
    """Return what each customer hears on the occasions nearest to a day, before it and after it.

    Greetings are planned ahead and not in their order: words told later count as those told before.
    Customers come with the person they are, where several are one: that person hears it all.
    `but_for` leaves out the messages of a day itself.
    """
    linked = [customer_id for customer_id, person in persons.items() if person is not None]
    kin = customers.same_person_ids(linked) if linked else {}
    everybody = {*persons, *(one for ids in kin.values() for one in ids)}
    found: dict[str, list[Any]] = defaultdict(list)
    for row in _messages(sorted(everybody), around=around, but_for=but_for):
        found[row.customer_id].append(row)
    told = {
        customer_id: _told(found[customer_id]) for customer_id in persons if customer_id in found
    }
    for customer_id, ids in kin.items():
        together = [row for one in ids for row in found.get(one, ())]
        told[customer_id] = _told(_nearest(together, around=around))
    return told


def _told(rows: Sequence[Any]) -> Told:
    return Told(frozenset(row.template_id for row in rows), frozenset(row.text for row in rows))


def _nearest(rows: Sequence[Any], *, around: Window) -> Sequence[Any]:
    """Return the nearest of what several customers heard who are one person."""
    count = config.current().fresh_occasions
    rows = sorted(rows, key=lambda row: row.due_at)
    before = [row for row in rows if row.due_at < around.opens_at]
    after = [row for row in rows if row.due_at >= around.closes_at]
    return [*before[-count:], *rows[len(before) : len(rows) - len(after)], *after[:count]]


def _messages(
    customer_ids: Sequence[str], *, around: Window, but_for: date | None
) -> Sequence[Any]:
    """Return the messages from the last few before the window to the first few after it.

    Each end is found by some steps along the index, however long the history is.
    """
    message = aliased(CareMessage)
    first = _end(message, message.due_at < around.opens_at, by=message.due_at.desc())
    last = _end(message, message.due_at >= around.closes_at, by=message.due_at.asc())
    near = sa.select(*SAID).where(
        CareMessage.customer_id == Customer.id,
        CareMessage.due_at >= sa.func.coalesce(first, sa.literal(LONG_AGO)),
        CareMessage.due_at <= sa.func.coalesce(last, sa.literal(FAR_AHEAD)),
        CareMessage.state.in_(MAY_BE_READ | LOST),
    )
    if but_for is not None:
        near = near.where(CareMessage.on_day != but_for)
    return db.session.execute(_of_each(near, is_among(Customer.id, customer_ids))).all()


def _of_each(near: sa.Select[Any], whose: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Run a select for each customer, one after another.

    PostgreSQL would rather read all messages and look for the ends at each: it is not let.
    """
    if db.engine.dialect.name != "postgresql":
        return near.where(whose)
    one_by_one = near.correlate(Customer).offset(0).lateral()
    return sa.select(one_by_one).join_from(Customer, one_by_one, sa.true()).where(whose)


def _end(message: Any, side: sa.ColumnElement[bool], *, by: Any) -> sa.ScalarSelect[Any]:
    """Return the moment of the last occasion that counts, on one side of the day."""
    return (
        sa.select(message.due_at)
        .where(message.customer_id == Customer.id, message.state.in_(MAY_BE_READ), side)
        .order_by(by)
        .limit(1)
        .offset(config.current().fresh_occasions - 1)
        .correlate(Customer)
        .scalar_subquery()
    )
