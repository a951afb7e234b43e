"""What visits left to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

import sqlalchemy as sa

from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.terms import SlotState
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, PageRequest, fetch_page
from crm_api.visits.models import FollowUp
from crm_api.visits.queries.access import limit_to

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_api.accounts.actors import Actor


def get_follow_up(follow_up_id: str, *, visible_to: Actor) -> FollowUp:
    """Return a follow-up.

    :raises NotFound: if there is none, or none that the actor may see
    """
    wanted = sa.select(FollowUp).where(FollowUp.id == follow_up_id)
    task: FollowUp | None = db.session.execute(
        limit_to(wanted, FollowUp, visible_to=visible_to)
    ).scalar_one_or_none()
    if task is None:
        raise NotFound("follow_up")
    return task


def follow_ups(
    *, visible_to: Actor, page: PageRequest, is_open: bool | None, **equal: str | None
) -> Page:
    """Return follow-ups by their due date."""
    statement = limit_to(sa.select(FollowUp), FollowUp, visible_to=visible_to)
    if is_open is not None:
        done = FollowUp.done_at
        statement = statement.where(done.is_(None) if is_open else done.is_not(None))
    wanted = [getattr(FollowUp, name) == value for name, value in equal.items() if value]
    return fetch_page(statement.where(*wanted), by=(FollowUp.due_on, FollowUp.id), page=page)


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
