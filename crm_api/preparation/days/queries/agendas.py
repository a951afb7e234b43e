"""What stands in the diary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.kit.db import db
from crm_api.preparation.days.queries.candidates import OPEN
from crm_api.visits.models import Promise, Visit, VisitColleague
from crm_api.visits.policies.progress import AHEAD
from crm_api.visits.queries.access import is_seen, limit_to
from crm_api.visits.terms import VisitStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from crm_api.accounts.actors import Actor

# Of a week; who has more of either has other worries than a list.
MOST_VISITS = 500
MOST_TASKS = 200
FIXED = (*AHEAD, VisitStatus.CHECKED_IN)


def visits_between(
    start: datetime, end: datetime, *, owner_id: str, visible_to: Actor
) -> Sequence[sa.Row[Any]]:
    """Return somebody's visits in this time with whom they go to, in the order of time."""
    shown: tuple[Any, ...] = (Visit, customers.shown_name(visible_to=visible_to))
    statement = sa.select(*shown).join(Customer, Customer.id == Visit.customer_id)
    statement = statement.options(selectinload(Visit.objectives), selectinload(Visit.slot)).where(
        _goes(owner_id), Visit.starts_at >= start, Visit.starts_at < end
    )
    statement = statement.where(is_seen(visible_to=visible_to))
    return db.session.execute(
        statement.order_by(Visit.starts_at, Visit.id).limit(MOST_VISITS)
    ).all()


def fixed_visits(
    start: datetime, end: datetime, *, owner_id: str, visible_to: Actor
) -> Sequence[Visit]:
    """Return those of somebody's visits in this time that are still to be made."""
    statement = sa.select(Visit).where(
        _goes(owner_id),
        Visit.starts_at >= start,
        Visit.starts_at < end,
        Visit.status.in_(FIXED),
        is_seen(visible_to=visible_to),
    )
    ordered = statement.order_by(Visit.starts_at, Visit.id).limit(MOST_VISITS)
    return db.session.scalars(ordered).all()


def _goes(staff_id: str) -> sa.ColumnElement[bool]:
    """Return the condition that somebody goes on a visit: their own, or along with a colleague."""
    along = sa.select(VisitColleague.visit_id).where(VisitColleague.staff_id == staff_id)
    return sa.or_(Visit.owner_id == staff_id, Visit.id.in_(along))


def tasks_due(model: Any, *, due_by: date, owner_id: str, visible_to: Actor) -> Sequence[Any]:
    """Return somebody's open promises or follow-ups, the most urgent first."""
    statement = limit_to(
        sa.select(model, customers.shown_name(visible_to=visible_to)), model, visible_to=visible_to
    )
    statement = statement.where(model.owner_id == owner_id, model.due_on <= due_by, *OPEN[model])
    return db.session.execute(statement.order_by(model.due_on, model.id).limit(MOST_TASKS)).all()


def count_team_day(
    owner_ids: Collection[str], *, start: datetime, end: datetime, visible_to: Actor
) -> Sequence[sa.Row[Any]]:
    """Return how many visits of each status these people have in this time, from when to when."""
    counted: tuple[Any, ...] = (
        Visit.owner_id,
        Visit.status,
        sa.func.count().label("count"),
        sa.func.min(Visit.starts_at).label("first"),
        sa.func.max(Visit.ends_at).label("last"),
    )
    statement = limit_to(sa.select(*counted), Visit, visible_to=visible_to).where(
        Visit.owner_id.in_(owner_ids), Visit.starts_at >= start, Visit.starts_at < end
    )
    return db.session.execute(statement.group_by(Visit.owner_id, Visit.status)).all()


def count_late_promises(
    owner_ids: Collection[str], *, on: date, visible_to: Actor
) -> dict[str, int]:
    """Return how many promises of each of these people are overdue on a day."""
    counted: tuple[Any, ...] = (Promise.owner_id, sa.func.count())
    statement = limit_to(sa.select(*counted), Promise, visible_to=visible_to).where(
        Promise.owner_id.in_(owner_ids), Promise.due_on < on, *OPEN[Promise]
    )
    rows = db.session.execute(statement.group_by(Promise.owner_id))
    return {row[0]: row[1] for row in rows}
