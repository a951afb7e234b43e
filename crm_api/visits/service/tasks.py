"""What a visit left to do: follow-ups to finish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.contact_frequency import service as contact_frequency
from crm_api.kit.db import db
from crm_api.visits import queries
from crm_api.visits.service.steps import lock_customers

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.visits.models import FollowUp


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
