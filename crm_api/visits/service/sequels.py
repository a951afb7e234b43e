"""What a visit sets going: promises, follow-ups, the next touch or a time of quiet."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from crm_api import config
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.terms import HoldKind
from crm_api.contact_frequency.values import Plan
from crm_api.customers import queries as customers
from crm_api.customers.terms import Channel
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken, Invalid
from crm_api.kit.ids import new_id
from crm_api.visits.models import FollowUp, Promise, Visit
from crm_api.visits.policies import progress
from crm_api.visits.promises.terms import PromiseChangeKind
from crm_api.visits.service.planning import plan_locked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crm_api.accounts.actors import Actor


def require_times(content: dict[str, Any], *, now: datetime) -> None:
    """Make sure that every contact to come lies ahead, within reach.

    :raises Invalid: pointing at the one that does not
    """
    planned = {f"/follow_ups/{n}": task for n, task in enumerate(content["follow_ups"])}
    for pointer, task in {**planned, "/next_touch": content["next_touch"]}.items():
        if task and task["contact"]:
            at = task["contact"]["at"]
            progress.require_plannable(at, now=now, pointer=f"{pointer}/contact/at")


def promise(visit: Visit, told: Iterable[dict[str, Any]], *, by: Actor, now: datetime) -> None:
    """Note what was promised, and by when."""
    for one in told:
        _require_free(Promise, one["id"])
        made = Promise(
            id=one["id"] or new_id(),
            customer_id=visit.customer_id,
            owner_id=visit.owner_id,
            text=one["text"],
            due_on=one["due_on"],
            created_at=now,
            changes=[],
        )
        made.note(PromiseChangeKind.MADE, by_id=by.id, at=now, after_on=made.due_on)
        visit.promises.append(made)


def follow_up(visit: Visit, told: Iterable[dict[str, Any]], *, by: Actor, now: datetime) -> None:
    """Set tasks; one that is a contact reserves its slot.

    :raises ContactBlocked: if the caps do not allow it, with the next free moment
    """
    for one in told:
        add_task(visit, one, by=by, now=now)


def decide_next(visit: Visit, content: dict[str, Any], *, by: Actor, now: datetime) -> None:
    """Plan the next touch, and hold what the customer is to be spared.

    :raises ContactBlocked: if the caps do not allow the next touch, with the next free moment
    """
    if touch := content["next_touch"]:
        touch_next(visit, touch, by=by, now=now)
    if alone := content["leave_alone"]:
        until = datetime.combine(alone["until"], time.min, tzinfo=config.current().zone)
        if until <= now:
            raise Invalid("/leave_alone/until", "Give a day to come.")
        contact_frequency.place_hold(
            HoldKind.LEAVE_ALONE,
            customer_id=visit.customer_id,
            from_at=now,
            until_at=until,
            reason=alone["reason"],
            source=f"visit:{visit.id}",
            by_id=by.id,
        )


def touch_next(visit: Visit, touch: dict[str, Any], *, by: Actor, now: datetime) -> FollowUp:
    """Plan the next touch: a task with its slot, or a visit outright.

    :raises ContactBlocked: if the caps do not allow it, with the next free moment
    """
    contact = touch["contact"]
    if contact["channel"] is not Channel.VISIT or contact["at"] < now:
        return add_task(visit, touch, by=by, now=now, is_next_touch=True)
    content = {
        "id": touch["next_visit_id"],
        "customer_id": visit.customer_id,
        "purpose": visit.purpose,
        "category": contact["category"],
        "place": visit.place,
        "place_latitude": visit.place_latitude,
        "place_longitude": visit.place_longitude,
        "starts_at": contact["at"],
        "ends_at": contact["at"] + (visit.ends_at - visit.starts_at),
        "tools": [],
        "objectives": [{"id": None, "text": touch["text"]}],
        "persons": [],
        "colleague_ids": [],
        "is_unannounced": False,
        "confirmation": _agreed(visit, by=by) if contact["is_agreed"] else None,
    }
    following = plan_locked(content, by=by, now=now, override_id=contact["override_id"])
    task = add_task(visit, {**touch, "contact": None}, by=by, now=now, is_next_touch=True)
    task.channel, task.category = Channel.VISIT, contact["category"]
    task.contact_at, task.next_visit_id = contact["at"], following.id
    return task


def _agreed(visit: Visit, *, by: Actor) -> dict[str, Any]:
    """Return that whoever was visited agreed to the next visit then and there."""
    met = [person.name for person in visit.persons if person.was_met is not False]
    name = customers.get_customer(visit.customer_id, visible_to=by).name
    return {"by": met[0] if met else name, "how": Channel.VISIT}


def add_task(
    visit: Visit,
    told: dict[str, Any],
    *,
    by: Actor,
    now: datetime,
    is_next_touch: bool = False,
) -> FollowUp:
    """Set a task; a contact to come reserves its slot.

    :raises IdTaken: if the id belongs to another task
    :raises ContactBlocked: if the caps do not allow it, with the next free moment
    """
    _require_free(FollowUp, told["id"])
    task = FollowUp(
        id=told["id"] or new_id(),
        customer_id=visit.customer_id,
        owner_id=visit.owner_id,
        text=told["text"],
        due_on=told["due_on"],
        is_next_touch=is_next_touch,
        created_at=now,
    )
    if contact := told["contact"]:
        _plan(visit, task, contact, by=by, now=now)
    visit.follow_ups.append(task)
    return task


def _plan(
    visit: Visit, task: FollowUp, contact: dict[str, Any], *, by: Actor, now: datetime
) -> None:
    task.channel, task.category = contact["channel"], contact["category"]
    task.contact_at = contact["at"]
    if contact["at"] >= now:
        _reserve(visit, task, contact, by=by)


def _reserve(visit: Visit, task: FollowUp, contact: dict[str, Any], *, by: Actor) -> None:
    plan = Plan(
        customer_id=visit.customer_id,
        channel=contact["channel"],
        category=contact["category"],
        at=contact["at"],
        visit_id=visit.id if contact["serves_visit"] else None,
        source=f"follow_up:{task.id}",
        is_agreed=contact["is_agreed"],
    )
    slot = contact_frequency.reserve_slot(plan, by_id=by.id, override_id=contact["override_id"])
    task.slot_id = slot.id


def _require_free(model: Any, record_id: str | None) -> None:
    if record_id is not None and db.session.get(model, record_id) is not None:
        raise IdTaken
