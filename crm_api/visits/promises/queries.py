"""Promises as they stand; who may see them follows from whose customer it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, PageRequest, fetch_page
from crm_api.visits.attachments.models import VisitAttachment
from crm_api.visits.models import Visit
from crm_api.visits.promises.models import STILL_OPEN, Promise
from crm_api.visits.promises.terms import PromiseState
from crm_api.visits.queries.access import limit_to

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from crm_api.accounts.actors import Actor

# Literal, since SQLite takes a partial index for no condition with bound values.
IS_OPEN = STILL_OPEN


def get_promise(promise_id: str, *, visible_to: Actor, for_change: bool = False) -> Promise:
    """Return a promise with all that happened to it; for a change, as it is now, locked.

    :raises NotFound: if there is none, or none that the actor may see
    """
    wanted = sa.select(Promise).where(Promise.id == promise_id)
    statement = limit_to(wanted, Promise, visible_to=visible_to).options(
        selectinload(Promise.changes)
    )
    if for_change:
        statement = statement.with_for_update(of=Promise).execution_options(populate_existing=True)
    promise: Promise | None = db.session.execute(statement).scalar_one_or_none()
    if promise is None:
        raise NotFound("promise")
    return promise


def find_taken(promise_id: str) -> Promise | None:
    """Return whatever promise has this id, seen or not, to tell a repeat from a clash."""
    statement = sa.select(Promise).where(Promise.id == promise_id)
    return db.session.scalars(statement.options(selectinload(Promise.changes))).one_or_none()


def require_file(attachment_id: str, *, customer_id: str) -> None:
    """Make sure that a file hangs on a visit to the customer.

    :raises NotFound: if it does not
    """
    hanging = (
        sa.select(VisitAttachment.attachment_id)
        .join(Visit, Visit.id == VisitAttachment.visit_id)
        .where(VisitAttachment.attachment_id == attachment_id, Visit.customer_id == customer_id)
    )
    if db.session.scalar(hanging) is None:
        raise NotFound("attachment")


def promises(*, visible_to: Actor, page: PageRequest, today: date, **wanted: Any) -> Page:
    """Return promises by their due date."""
    statement = limit_to(sa.select(Promise), Promise, visible_to=visible_to)
    statement = statement.where(*_conditions(today, **wanted))
    return fetch_page(statement, by=(Promise.due_on, Promise.id), page=page)


def _conditions(
    today: date,
    *,
    state: PromiseState | None,
    due_from: date | None,
    due_before: date | None,
    **equal: Any,
) -> Iterator[sa.ColumnElement[bool] | sa.TextClause]:
    if state is not None:
        yield from _standing(state, today)
    if due_from is not None:
        yield Promise.due_on >= due_from
    if due_before is not None:
        yield Promise.due_on < due_before
    yield from (getattr(Promise, n) == value for n, value in equal.items() if value is not None)


def _standing(state: PromiseState, today: date) -> Sequence[sa.ColumnElement[bool] | sa.TextClause]:
    waits = (Promise.escalated_at.is_not(None), Promise.answered_at.is_(None))
    return {
        PromiseState.OPEN: (IS_OPEN,),
        PromiseState.OVERDUE: (IS_OPEN, Promise.due_on < today),
        PromiseState.ESCALATED: (IS_OPEN, *waits),
        PromiseState.KEPT: (Promise.kept_at.is_not(None),),
        PromiseState.WITHDRAWN: (Promise.withdrawn_at.is_not(None),),
    }[state]


def open_promises(customer_id: str, *, limit: int) -> Sequence[Promise]:
    """Return what we still owe a customer, most urgent first."""
    statement = sa.select(Promise).where(Promise.customer_id == customer_id, IS_OPEN)
    return db.session.scalars(statement.order_by(Promise.due_on, Promise.id).limit(limit)).all()


def settled_promises(customer_id: str, *, since: datetime, limit: int) -> Sequence[Promise]:
    """Return what was kept or taken back from a moment on, the latest first."""
    settled_at = sa.func.coalesce(Promise.kept_at, Promise.withdrawn_at)
    statement = sa.select(Promise).where(Promise.customer_id == customer_id, settled_at >= since)
    ordered = statement.order_by(settled_at.desc(), Promise.id)
    return db.session.scalars(ordered.limit(limit)).all()


def lock_late_promises(*, before: date, limit: int) -> Sequence[Promise]:
    """Lock some promises due before a day of which no manager was told; skip those of others."""
    statement = (
        sa.select(Promise)
        .where(IS_OPEN, Promise.due_on < before, Promise.escalated_at.is_(None))
        .order_by(Promise.due_on, Promise.id)
        .limit(limit)
        .options(selectinload(Promise.changes))
        .with_for_update(skip_locked=True)
    )
    return db.session.scalars(statement.execution_options(populate_existing=True)).all()
