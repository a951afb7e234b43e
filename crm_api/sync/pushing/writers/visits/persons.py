"""Whom a visit is to meet, and whom it met. Those who come with its plan are part of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.kit.errors import IdTaken, Invalid, NotFound
from crm_api.sync.pushing.decoding import decode, load
from crm_api.sync.pushing.errors import VisitPending
from crm_api.sync.pushing.writers.shape import Writer
from crm_api.visits import queries, service
from crm_api.visits.errors import TooManyParts, VisitClosed
from crm_api.visits.schemas.plans import NewVisitPersonSchema

if TYPE_CHECKING:
    from crm_api.kit.schemas import Payload
    from crm_api.sync.pushing.values import Push, PushedRecord

WHO = ("customer_id", "name", "role")


def read_person(record: PushedRecord, push: Push) -> Payload:
    """Return who somebody is, and whether they were there as far as the phone says.

    :raises Invalid: naming what is not as it must be
    """
    told = decode(record, push, names=WHO)
    who = load(NewVisitPersonSchema, told)
    return {"id": record.id, **who, "was_met": _was_met(record, push)}


def _was_met(record: PushedRecord, push: Push) -> bool | None:
    was_met: bool | None = decode(record, push, names=("was_met",)).get("was_met")
    return was_met


def _create(record: PushedRecord, push: Push) -> None:
    visit_id = record.text("visit_id") or ""
    content = read_person(record, push)
    met_id = content["customer_id"]
    if met_id is not None and met_id not in push.left_at:
        # As whom a visit is told may see more: a former owner, all of the new one's customers.
        queries.require_customers([met_id], visible_to=push.by)
    service.add_person(visit_id, content, by=push.actor_for(visit_id), now=push.now)


def _change(record: PushedRecord, push: Push) -> None:
    service.note_presence(record.id, was_met=_was_met(record, push), by=push.by)


WRITER = Writer(
    create=_create,
    change=_change,
    refuses=(NotFound, VisitPending, VisitClosed, IdTaken, TooManyParts, Invalid),
)
