"""Keep what happens to a customer once: a promotion, a new home, a child born."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.calendars import service as calendars
from crm_api.customers import locks, queries
from crm_api.customers.models import LifeEvent
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken
from crm_api.kit.versions import require_version

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor

UNSAID = {"label": "", "is_greeted": True}


def note_life_event(
    customer_id: str,
    *,
    content: dict[str, Any],
    by: Actor,
    now: datetime,
    visit_id: str | None = None,
) -> LifeEvent:
    """Note an event, who learned of it, when, and in which visit where it was in one.

    :raises NotFound: if the actor may not see the customer
    :raises IdTaken: if the id belongs to another event
    """
    locks.lock_subjects(customer_ids=[customer_id])
    queries.get_customer(customer_id, visible_to=by)
    known = db.session.get(LifeEvent, content["id"]) if "id" in content else None
    if known is not None:
        return _repeat(known, content, customer_id=customer_id)
    event = LifeEvent(
        **content,
        customer_id=customer_id,
        noted_on=calendars.local_day(now),
        by_id=by.id,
        visit_id=visit_id,
        created_at=now,
    )
    db.session.add(event)
    db.session.flush()
    return event


def change_life_event(
    customer_id: str,
    *,
    event_id: str,
    changes: dict[str, Any],
    expected_version: int,
    by: Actor,
    now: datetime,
) -> LifeEvent:
    """Mend an event, or say whether the customer likes to be greeted for it.

    Of another date we learn now: whether it lies ahead is judged from today.

    :raises NotFound: if the actor may not see the customer, or it has no such event
    :raises StaleVersion: if somebody changed it since it was read
    """
    locks.lock_subjects(customer_ids=[customer_id])
    queries.get_customer(customer_id, visible_to=by)
    event = queries.get_life_event(event_id, customer_id=customer_id)
    require_version(event, expected=expected_version, wanted=changes)
    if changes.get("happened_on", event.happened_on) != event.happened_on:
        event.noted_on = calendars.local_day(now)
    for name, value in changes.items():
        setattr(event, name, value)
    db.session.flush()
    return event


def remove_life_event(customer_id: str, *, event_id: str, by: Actor) -> None:
    """Take back what was noted by mistake.

    :raises NotFound: if the actor may not see the customer, or it has no such event
    """
    locks.lock_subjects(customer_ids=[customer_id])
    queries.get_customer(customer_id, visible_to=by)
    db.session.delete(queries.get_life_event(event_id, customer_id=customer_id))
    db.session.flush()


def _repeat(known: LifeEvent, content: dict[str, Any], *, customer_id: str) -> LifeEvent:
    same = all(getattr(known, name) == value for name, value in {**UNSAID, **content}.items())
    if known.customer_id != customer_id or not same:
        raise IdTaken
    return known
