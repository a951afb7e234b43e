"""Carry out what was approved for a day that has come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_api.calendars import service as calendars
from crm_api.kit.db import db
from crm_api.privacy.models import CustomerErasure
from crm_api.privacy.queries import erasures as queries
from crm_api.privacy.service.erasing import erase
from crm_api.privacy.service.locking import lock_whom_it_touches
from crm_api.privacy.terms import ErasureStatus

if TYPE_CHECKING:
    from datetime import datetime

CHUNK = 100


@dataclass(frozen=True, slots=True)
class Due:
    """An erasure whose day has come, before anybody locked it."""

    id: str
    customer_id: str


def due_erasures(*, after_id: str, now: datetime) -> list[Due]:
    """Return the next erasures whose day has come."""
    found = queries.due_erasures(calendars.local_day(now), after_id=after_id, limit=CHUNK)
    return [Due(erasure.id, erasure.customer_id) for erasure in found]


def erase_due(due: Due, *, now: datetime) -> bool:
    """Carry one out, or note what stands in the way; tell whether it was done.

    Safe to repeat, and beside others: who comes second finds it done.
    """
    lock_whom_it_touches(due.customer_id)
    erasure = db.session.get_one(CustomerErasure, due.id, populate_existing=True)
    if erasure.status is not ErasureStatus.APPROVED:
        return False
    erasure.blocked_by = queries.find_blockers(due.customer_id) or None
    if erasure.blocked_by is not None:
        return False
    erase(erasure, now=now)
    return True
