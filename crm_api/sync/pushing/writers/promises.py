"""What we promised: made, moved, kept or taken back, in or outside a visit."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from crm_api.contact_history import queries as contact_history
from crm_api.customers.errors import CustomerMerged
from crm_api.kit.errors import IdTaken, Invalid, NotFound
from crm_api.sync.pushing.decoding import decode, load, naming
from crm_api.sync.pushing.errors import VisitPending
from crm_api.sync.pushing.writers.shape import UNSAID, Writer
from crm_api.sync.tables import Written
from crm_api.visits import queries as visits
from crm_api.visits.errors import AlreadyDone
from crm_api.visits.promises import queries, service
from crm_api.visits.promises.schemas import (
    PromiseKeptSchema,
    PromiseMadeSchema,
    PromiseMoveSchema,
    PromiseWithdrawalSchema,
)

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor
    from crm_api.sync.pushing.values import Push, PushedRecord

MADE: Final = ("customer_id", "contact_id", "text", "due_on")
FACTS: Final = ("kept_at", "withdrawn_at")
WORDS: Final = {
    "kept_at": {"kept_how", "kept_contact_id", "kept_attachment_id"},
    "withdrawn_at": {"withdrawn_because"},
}


def _create(record: PushedRecord, push: Push) -> None:
    told = decode(record, push, names=MADE)
    customer_id = str(told.get("customer_id", ""))
    if push.awaits(record):
        raise VisitPending
    visit_id = _visit(record.text("visit_id"), customer_id=customer_id)
    by = push.actor_for(visit_id or "")
    told["contact_id"] = _contact(told.get("contact_id"), customer_id=customer_id, by=by)
    content = load(PromiseMadeSchema, {**told, "id": record.id})
    content["visit_id"] = visit_id
    service.make_promise(content, by=by, now=push.now, may_be_late=True)
    _settle(record, push, customer_id=customer_id, by=by)


def _change(record: PushedRecord, push: Push) -> None:
    _require_standing(record, push)
    if record.changed & {"due_on", "moved_because", "is_move_agreed"}:
        _move(record, push)
    _settle(record, push, customer_id=str(record.customer_id), by=push.by)


def _require_standing(record: PushedRecord, push: Push) -> None:
    """Make sure that nobody takes back what was told: the phone would see it return unexplained."""
    undone = [name for name in FACTS if record.takes_back(name)]
    promise = queries.get_promise(record.id, visible_to=push.by) if undone else None
    if any(getattr(promise, name) is not None for name in undone):
        raise AlreadyDone


def _move(record: PushedRecord, push: Push) -> None:
    told = decode(record, push, names=("due_on", "moved_because", "is_move_agreed"))
    content = {
        "due_on": told.get("due_on"),
        "reason": told.get("moved_because") or UNSAID,
        "is_agreed": told.get("is_move_agreed") or False,
    }
    with naming(reason="moved_because", is_agreed="is_move_agreed"):
        moved = load(PromiseMoveSchema, content)
    if queries.get_promise(record.id, visible_to=push.by).due_on != moved["due_on"]:
        service.move_promise(record.id, moved, by=push.by, now=push.now, may_be_late=True)


def _settle(record: PushedRecord, push: Push, *, customer_id: str, by: Actor) -> None:
    """Note that it was kept or taken back, at the moment that the row says."""
    told = decode(record, push, names=record.writable(Written.ALWAYS), facts=FACTS)
    _require_moments(record, told)
    if told.get("kept_at") and record.changed & {n for n in told if n.startswith("kept_")}:
        contact_id = _contact(told.get("kept_contact_id"), customer_id=customer_id, by=by)
        file_id = _file(told.get("kept_attachment_id"), customer_id=customer_id)
        shown = {"contact_id": contact_id, "attachment_id": file_id}
        with naming(how="kept_how"):
            content = load(PromiseKeptSchema, {"how": told.get("kept_how") or UNSAID, **shown})
        service.keep_promise(record.id, **content, by=by, now=_at(told["kept_at"], push))
    if told.get("withdrawn_at") and record.changed & {n for n in told if "withdrawn" in n}:
        reason = {"reason": told.get("withdrawn_because") or UNSAID}
        with naming(reason="withdrawn_because"):
            content = load(PromiseWithdrawalSchema, reason)
        service.withdraw_promise(record.id, **content, by=by, now=_at(told["withdrawn_at"], push))


def _require_moments(record: PushedRecord, told: dict[str, Any]) -> None:
    """Make sure that words come with their moment, without which they settle nothing."""
    for moment, words in WORDS.items():
        if told.get(moment) is None and any(told.get(n) for n in record.changed & words):
            raise Invalid(f"/{moment}", "Say when.")


def _at(told: Any, push: Push) -> datetime:
    return min(datetime.fromisoformat(told), push.now)


def _visit(visit_id: str | None, *, customer_id: str) -> str | None:
    """Return the visit in which it was promised. The promise stands where the visit does not."""
    met_id = None if visit_id is None else visits.find_customer(visit_id)
    return visit_id if met_id == customer_id else None


def _contact(contact_id: str | None, *, customer_id: str, by: Actor) -> str | None:
    """Return the contact that shows it, where it is one with this customer."""
    if contact_id is None:
        return None
    try:
        contact = contact_history.get_contact(contact_id, visible_to=by)
    except NotFound:
        return None
    return contact_id if contact.customer_id == customer_id else None


def _file(attachment_id: str | None, *, customer_id: str) -> str | None:
    """Return the file that shows it, where it hangs on a visit to this customer."""
    if attachment_id is None:
        return None
    try:
        queries.require_file(attachment_id, customer_id=customer_id)
    except NotFound:
        return None
    return attachment_id


WRITER = Writer(
    create=_create,
    change=_change,
    refuses=(NotFound, VisitPending, CustomerMerged, IdTaken, AlreadyDone, Invalid),
)
