"""Tasks that visits leave: set, done, and taken off while nothing came of them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from crm_api.contact_frequency.errors import ContactBlocked
from crm_api.customers.errors import CustomerMerged
from crm_api.kit.errors import IdTaken, Invalid, NotFound
from crm_api.sync.pushing.decoding import decode, load, naming
from crm_api.sync.pushing.writers.shape import UNSAID, Writer
from crm_api.visits import queries, service
from crm_api.visits.errors import AlreadyDone, TaskKept, VisitClosed
from crm_api.visits.schemas.records import NewFollowUpSchema, NextTouchSchema, TaskDoneSchema

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor
    from crm_api.sync.pushing.values import Push, PushedRecord


def _create(record: PushedRecord, push: Push) -> None:
    told = decode(record, push)
    is_next_touch = bool(told.get("is_next_touch"))
    content = {"id": record.id, "text": told.get("text"), "due_on": told.get("due_on")}
    contact = _contact(told)
    schema = NextTouchSchema if is_next_touch else NewFollowUpSchema
    missing = "channel" if contact or told.get("channel") is None else "contact_at"
    visit_id = str(told.get("visit_id", ""))
    by = push.actor_for(visit_id)
    with naming(
        contact=missing,
        contact__at="contact_at",
        contact__category="category",
        starts_at="contact_at",  # of the visit that it plans
    ):
        task = load(schema, {**content, "contact": contact})
        service.add_follow_up(visit_id, task, is_next_touch=is_next_touch, by=by, now=push.now)
    _tell_end(record, push, by=by)


def _change(record: PushedRecord, push: Push) -> None:
    _tell_end(record, push, by=push.by)


def _contact(told: dict[str, Any]) -> dict[str, Any] | None:
    if told.get("channel") is None or told.get("contact_at") is None:
        return None
    category = {} if told.get("category") is None else {"category": told["category"]}
    return {"channel": told["channel"], "at": told["contact_at"], **category}


def _tell_end(record: PushedRecord, push: Push, *, by: Actor) -> None:
    told = decode(record, push, names=("done_at", "outcome"), facts=("done_at",))
    if told.get("done_at") is None:
        if record.takes_back("done_at") and queries.get_follow_up(record.id, visible_to=by).done_at:
            raise AlreadyDone
        if told.get("outcome"):
            raise Invalid("/done_at", "Say when it was done.")
        return
    content = load(TaskDoneSchema, {"outcome": told.get("outcome") or UNSAID})
    at = min(datetime.fromisoformat(told["done_at"]), push.now)
    service.finish_follow_up(record.id, **content, by=by, now=at)


def _delete(record: PushedRecord, push: Push) -> None:
    service.drop_follow_up(record.id, by=push.by)


WRITER = Writer(
    create=_create,
    change=_change,
    delete=_delete,
    refuses=(
        NotFound,
        CustomerMerged,
        IdTaken,
        ContactBlocked,
        VisitClosed,
        AlreadyDone,
        TaskKept,
        Invalid,
    ),
)
