"""Make promises, move them, keep them; tell managers of those that are late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.calendars import service as calendars
from crm_api.contact_history import queries as contact_history
from crm_api.customers import queries as customers
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken, Invalid
from crm_api.kit.ids import new_id
from crm_api.visits.promises import policies, queries
from crm_api.visits.promises.models import Promise
from crm_api.visits.promises.terms import PromiseChangeKind
from crm_api.visits.service.steps import lock_customers

if TYPE_CHECKING:
    from datetime import date, datetime

    from crm_api.accounts.actors import Actor

CHUNK = 200


def make_promise(
    content: dict[str, Any], *, by: Actor, now: datetime, may_be_late: bool = False
) -> Promise:
    """Note what was promised outside a visit; told twice with one id, it is one promise.

    A phone may tell of it when its day is over, and of the visit in which it was made.

    :raises NotFound: if the actor may not see the customer, or the contact
    :raises IdTaken: if the id belongs to another promise
    :raises Invalid: if the day is over, or the contact is another customer's
    """
    customer_id = content["customer_id"]
    customers.get_customer(customer_id, visible_to=by)
    lock_customers([customer_id])
    if content["id"] and (known := queries.find_taken(content["id"])):
        return _repeat(known, content)
    customer = customers.get_customer(customer_id, visible_to=by)
    if not may_be_late:
        policies.require_day_ahead(content["due_on"], today=calendars.local_day(now))
    _require_theirs(content["contact_id"], customer_id=customer_id, by=by)
    promise = Promise(
        id=content["id"] or new_id(),
        customer_id=customer_id,
        visit_id=content.get("visit_id"),
        owner_id=customer.owner_id or by.id,
        contact_id=content["contact_id"],
        text=content["text"],
        due_on=content["due_on"],
        created_at=now,
        changes=[],
    )
    db.session.add(promise)
    promise.note(PromiseChangeKind.MADE, by_id=by.id, at=now, after_on=promise.due_on)
    db.session.flush()
    return promise


def _repeat(known: Promise, content: dict[str, Any]) -> Promise:
    first_due_on = known.moved_from_on or known.due_on
    told = (known.customer_id, known.contact_id, known.text, first_due_on)
    if told != tuple(content[n] for n in ("customer_id", "contact_id", "text", "due_on")):
        raise IdTaken
    return known


def _require_theirs(contact_id: str | None, *, customer_id: str, by: Actor) -> None:
    if contact_id is None:
        return
    contact = contact_history.get_contact(contact_id, visible_to=by)
    if contact.customer_id != customer_id:
        raise Invalid("/contact_id", "This contact was with another customer.")


def keep_promise(
    promise_id: str,
    *,
    how: str,
    contact_id: str | None,
    attachment_id: str | None,
    by: Actor,
    now: datetime,
) -> Promise:
    """Note that a promise was kept, and what shows it.

    :raises NotFound: if the actor may not see it or the contact, or no such file hangs on a visit
    :raises Invalid: if the contact is another customer's
    :raises AlreadyDone: if it was settled in another way
    """
    promise = queries.get_promise(promise_id, visible_to=by, for_change=True)
    _require_theirs(contact_id, customer_id=promise.customer_id, by=by)
    if attachment_id is not None:
        queries.require_file(attachment_id, customer_id=promise.customer_id)
    promise.keep(how=how, contact_id=contact_id, attachment_id=attachment_id, by_id=by.id, at=now)
    db.session.flush()
    return promise


def move_promise(
    promise_id: str,
    content: dict[str, Any],
    *,
    by: Actor,
    now: datetime,
    may_be_late: bool = False,
) -> Promise:
    """Promise the same for another day, and say why and whether the customer agreed.

    :raises NotFound: if the actor may not see it
    :raises AlreadyDone: if it is settled
    :raises Invalid: if the day is over
    """
    promise = queries.get_promise(promise_id, visible_to=by, for_change=True)
    if _was_moved_so(promise, content):
        return promise
    if not may_be_late:
        policies.require_day_ahead(content["due_on"], today=calendars.local_day(now))
    promise.move(
        to=content["due_on"],
        because=content["reason"],
        is_agreed=content["is_agreed"],
        by_id=by.id,
        at=now,
    )
    db.session.flush()
    return promise


def _was_moved_so(promise: Promise, content: dict[str, Any]) -> bool:
    moves = [c for c in promise.changes if c.kind is PromiseChangeKind.MOVED]
    if not moves or not promise.is_open:
        return False
    last = (moves[-1].after_on, moves[-1].words, moves[-1].is_agreed)
    return last == (content["due_on"], content["reason"], content["is_agreed"])


def withdraw_promise(promise_id: str, *, reason: str, by: Actor, now: datetime) -> Promise:
    """Take a promise back, and say why.

    :raises NotFound: if the actor may not see it
    :raises AlreadyDone: if it was settled in another way
    """
    promise = queries.get_promise(promise_id, visible_to=by, for_change=True)
    promise.withdraw(because=reason, by_id=by.id, at=now)
    db.session.flush()
    return promise


def answer_escalation(promise_id: str, *, answer: str, by: Actor, now: datetime) -> Promise:
    """Say as the manager what becomes of a promise that is late.

    :raises NotFound: if the actor may not see it
    :raises NotEscalated: if nobody asked, or it is settled
    :raises AlreadyDone: if another answer was given
    """
    promise = queries.get_promise(promise_id, visible_to=by, for_change=True)
    promise.take_answer(answer, by_id=by.id, at=now)
    db.session.flush()
    return promise


def escalate_some(*, before: date, now: datetime) -> int:
    """Put some promises due before a day on the managers' list; return how many."""
    late = queries.lock_late_promises(before=before, limit=CHUNK)
    for promise in late:
        promise.escalate(at=now)
    db.session.flush()
    return len(late)
