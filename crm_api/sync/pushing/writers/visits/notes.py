"""What was noted during a visit: rows of their own, so that phones never conflict."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from crm_api.kit.errors import IdTaken, Invalid, NotFound
from crm_api.sync.pushing.decoding import decode, load
from crm_api.sync.pushing.writers.shape import Writer
from crm_api.sync.pushing.writers.visits import moments
from crm_api.sync.pushing.writers.visits.lending import actor_at
from crm_api.visits import queries, service
from crm_api.visits.errors import NotYourNote, VisitClosed
from crm_api.visits.schemas.presence import NewVisitNoteSchema

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.sync.pushing.values import Push, PushedRecord


def _create(record: PushedRecord, push: Push) -> None:
    told = decode(record, push, names=("text",))
    content = load(NewVisitNoteSchema, {"id": record.id, "text": told.get("text")})
    visit_id = record.text("visit_id") or ""
    customer_id = queries.find_customer(visit_id)
    if customer_id is None:
        raise NotFound("visit")
    noted_at = _noted_at(record, push, customer_id=customer_id)
    by = actor_at(push, customer_id=customer_id, at=noted_at)
    service.add_note(visit_id, content, by=by, now=push.now, noted_at=noted_at)


def _noted_at(record: PushedRecord, push: Push, *, customer_id: str) -> datetime:
    """Return when it was noted. Undated, it was before the phone learned of a hand-over."""
    if record.row.get("noted_at"):
        told = decode(record, push, names=("noted_at",), facts=("noted_at",))
        return moments.fact(told["noted_at"], now=push.now)
    left_at = push.left_at.get(customer_id)
    return push.now if left_at is None else left_at - timedelta(milliseconds=1)


def _delete(record: PushedRecord, push: Push) -> None:
    service.remove_note(record.id, by=push.by)


WRITER = Writer(
    create=_create,
    delete=_delete,
    refuses=(NotFound, VisitClosed, NotYourNote, IdTaken, Invalid),
)
