"""What a visit left to do: follow-ups added afterwards, finished, dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.contact_frequency import service as contact_frequency
from crm_api.kit.db import db
from crm_api.visits import queries
from crm_api.visits.errors import TaskKept, VisitClosed
from crm_api.visits.service import sequels
from crm_api.visits.service.steps import hold_visit, lock_customers
from crm_api.visits.terms import VisitStatus

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.visits.models import FollowUp


def add_follow_up(
    visit_id: str, content: dict[str, Any], *, is_next_touch: bool, by: Actor, now: datetime
) -> FollowUp:
    """Set a task that a visit left, before or after it is recorded.

    A contact whose moment is over reserves nothing: what became of it is told by itself.

    :raises NotFound: if the actor may not see the visit
    :raises VisitClosed: if the visit was called off
    :raises IdTaken: if the id belongs to another task
    :raises ContactBlocked: if the caps do not allow the contact, with the next free moment
    """
    visit = hold_visit(visit_id, by=by)
    if visit.status is VisitStatus.CANCELLED:
        raise VisitClosed
    if is_next_touch:
        task = sequels.touch_next(visit, content, by=by, now=now)
    else:
        task = sequels.add_task(visit, content, by=by, now=now)
    db.session.flush()
    return task


def drop_follow_up(follow_up_id: str, *, by: Actor) -> None:
    """Take one's own task off while nothing came of it; its slot goes back.

    :raises NotFound: if there is none, or none that the actor may see
    :raises TaskKept: if it is another's, done, or the next touch without which no visit closes
    """
    task = queries.get_follow_up(follow_up_id, visible_to=by)
    lock_customers([task.customer_id])
    if task.owner_id != by.id or task.done_at is not None or task.is_next_touch:
        raise TaskKept
    slot_id = task.slot_id
    db.session.delete(task)
    db.session.flush()
    if queries.is_slot_reserved(slot_id):
        contact_frequency.release_slot(slot_id, reason="follow_up_dropped")


def finish_follow_up(follow_up_id: str, *, outcome: str, by: Actor, now: datetime) -> FollowUp:
    """Note that a task is done. A slot that no contact used goes back.

    :raises AlreadyDone: if it ended otherwise
    """
    task = queries.get_follow_up(follow_up_id, visible_to=by)
    lock_customers([task.customer_id])
    if task.finish(outcome=outcome, at=now) and queries.is_slot_reserved(task.slot_id):
        contact_frequency.release_slot(task.slot_id, reason="follow_up_done")
    db.session.flush()
    return task
