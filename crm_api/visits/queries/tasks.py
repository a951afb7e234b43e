"""What visits left to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

import sqlalchemy as sa

from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.terms import SlotState
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, PageRequest, fetch_page
from crm_api.visits.models import FollowUp, Promise
from crm_api.visits.queries.access import limit_to

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_api.accounts.actors import Actor

Task = TypeVar("Task", Promise, FollowUp)


def get_promise(promise_id: str, *, visible_to: Actor) -> Promise:
    """Return a promise.

    :raises NotFound: if there is none, or none that the actor may see
    """
    return _one(Promise, promise_id, visible_to)


def get_follow_up(follow_up_id: str, *, visible_to: Actor) -> FollowUp:
    """Return a follow-up.

    :raises NotFound: if there is none, or none that the actor may see
    """
    return _one(FollowUp, follow_up_id, visible_to)


def promises(*, visible_to: Actor, page: PageRequest, **wanted: Any) -> Page:
    """Return promises by their due date."""
    return _tasks(Promise, Promise.kept_at, visible_to=visible_to, page=page, **wanted)


def follow_ups(*, visible_to: Actor, page: PageRequest, **wanted: Any) -> Page:
    """Return follow-ups by their due date."""
    return _tasks(FollowUp, FollowUp.done_at, visible_to=visible_to, page=page, **wanted)


def open_promises(customer_id: str, *, limit: int) -> Sequence[Promise]:
    """Return what we still owe a customer, most urgent first."""
    statement = sa.select(Promise).where(
        Promise.customer_id == customer_id, Promise.kept_at.is_(None)
    )
    return db.session.scalars(statement.order_by(Promise.due_on, Promise.id).limit(limit)).all()


def open_follow_ups(customer_id: str, *, limit: int) -> Sequence[FollowUp]:
    """Return the tasks that visits left for a customer, most urgent first."""
    statement = sa.select(FollowUp).where(
        FollowUp.customer_id == customer_id, FollowUp.done_at.is_(None)
    )
    return db.session.scalars(statement.order_by(FollowUp.due_on, FollowUp.id).limit(limit)).all()


def is_slot_reserved(slot_id: str | None) -> TypeGuard[str]:
    """Tell whether a slot still waits for its contact."""
    slot = None if slot_id is None else db.session.get(Slot, slot_id)
    return slot is not None and slot.state is SlotState.RESERVED


def _one(model: type[Task], record_id: str, visible_to: Actor) -> Task:
    wanted = sa.select(model).where(model.id == record_id)
    record: Task | None = db.session.execute(
        limit_to(wanted, model, visible_to=visible_to)
    ).scalar_one_or_none()
    if record is None:
        raise NotFound(model.__tablename__.rstrip("s"))
    return record


def _tasks(
    model: Any,
    done: Any,
    *,
    visible_to: Actor,
    page: PageRequest,
    is_open: bool | None = None,
    **wanted: Any,
) -> Page:
    statement = limit_to(sa.select(model), model, visible_to=visible_to)
    if is_open is not None:
        statement = statement.where(done.is_(None) if is_open else done.is_not(None))
    for name in ("owner_id", "customer_id"):
        if wanted.get(name):
            statement = statement.where(getattr(model, name) == wanted[name])
    return fetch_page(statement, by=(model.due_on, model.id), page=page)
