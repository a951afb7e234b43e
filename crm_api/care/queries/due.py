"""Who is due to be greeted, who stands in the way of it, and who has been planned already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.care.models import CareMessage
from crm_api.care.queries.celebrants import people_of
from crm_api.care.values import DueCount
from crm_api.customers import queries as customers
from crm_api.customers.models import ExtendedProfile
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crm_api.accounts.actors import Actor
    from crm_api.care.values import Cause
    from crm_api.customers.terms import CommunicationStyle


def due_customer(cause: Cause, customer_id: str) -> Sequence[Any]:
    """Return a customer as often as they are due for a cause, with the message that is planned."""
    people = people_of(cause)
    people = people.where(people.selected_columns["customer_id"] == customer_id)
    found = people.subquery()
    message = sa.select(CareMessage.id).where(CareMessage.occurrence == found.c.occurrence)
    style = sa.select(ExtendedProfile.communication_style)
    style = style.where(ExtendedProfile.id == found.c.customer_id)
    statement = sa.select(
        *found.c,
        message.scalar_subquery().label("message_id"),
        style.scalar_subquery().label("style"),
    )
    return db.session.execute(statement.order_by(found.c.key)).all()


def style_of(customer_id: str) -> CommunicationStyle | None:
    """Return how a customer likes to be spoken to, as far as it is known."""
    style = sa.select(ExtendedProfile.communication_style).where(ExtendedProfile.id == customer_id)
    return db.session.scalar(style)


def count_due(cause: Cause, *, visible_to: Actor | None = None) -> list[DueCount]:
    """Return how many are due, by what stops them and by what became of their message.

    The planner counts for everybody; people see the count of those whom they may see.
    """
    due = _due(cause)
    if visible_to is not None:
        due = customers.limit_to(due, visible_to=visible_to)
    people = due.subquery()
    groups = (people.c.obstacle, people.c.state, people.c.reason)
    rows = db.session.execute(
        sa.select(*groups, sa.func.count().label("count")).group_by(*groups).order_by(*groups)
    )
    return [DueCount(**row) for row in rows.mappings()]


def _due(cause: Cause) -> sa.Select[Any]:
    people = people_of(cause)
    occurrence = people.selected_columns["occurrence"]
    return people.outerjoin(CareMessage, CareMessage.occurrence == occurrence).add_columns(
        CareMessage.state, CareMessage.reason
    )


def planned_occurrences(occurrences: Iterable[str]) -> set[str]:
    """Return those of these occurrences that have a message."""
    return set(
        db.session.scalars(
            sa.select(CareMessage.occurrence).where(is_among(CareMessage.occurrence, occurrences))
        )
    )
