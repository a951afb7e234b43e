"""What becomes of a planned visit before it begins: agreed, moved, called off, missed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.contact_history.terms import Outcome
from crm_api.kit.db import db
from crm_api.visits.errors import NotDueYet, VisitNotBooked
from crm_api.visits.policies import progress
from crm_api.visits.service import bookings
from crm_api.visits.service.steps import hold_visit, take_step
from crm_api.visits.terms import Booking, Side, Step

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.visits.models import Visit


def confirm_visit(
    visit_id: str,
    content: dict[str, Any],
    *,
    by: Actor,
    now: datetime,
    expected: int | None = None,
    at: datetime | None = None,
) -> Visit:
    """Note that the customer agreed to the time: who agreed, and how; told late, at which moment.

    :raises VisitNotBooked: if the visit holds no slot that could be promised
    """
    visit = hold_visit(visit_id, by=by)
    if not take_step(visit, Step.CONFIRM, content, by=by, now=now, expected=expected):
        return visit
    if visit.booking is not Booking.RESERVED:
        raise VisitNotBooked
    visit.confirm(by=content["by"], how=content["how"], at=at or now)
    db.session.flush()
    return visit


def move_visit(
    visit_id: str, content: dict[str, Any], *, by: Actor, now: datetime, expected: int | None
) -> Visit:
    """Give a visit another time, keeping its id; where that is refused, all stays as it was.

    :raises ContactBlocked: if the caps do not allow the new time, with the next free moment
    :raises OverrideDoesNotFit: if the override binds another contact
    :raises OverrideSettled: if nobody approved it, or it was used or taken back
    :raises OverrideLapsed: if its time is over
    :raises OverrideUnvouched: if who approved it has left, or may not any more
    """
    override_id = content.pop("override_id", None)
    visit = hold_visit(visit_id, by=by)
    if _lies_there(visit, content):
        return visit
    if not take_step(visit, Step.MOVE, content, by=by, now=now, expected=expected):
        return visit
    progress.require_plannable(content["starts_at"], now=now, pointer="/starts_at")
    bookings.rebook(visit, at=content["starts_at"], by_id=by.id, override_id=override_id)
    visit.move(**content)
    db.session.flush()
    return visit


def _lies_there(visit: Visit, content: dict[str, Any]) -> bool:
    if visit.booking is Booking.REFUSED:
        return False  # asked again for the same time: it may be free by now, or overridden
    same_place = content["place"] in (None, visit.place)
    times = (visit.starts_at, visit.ends_at)
    return same_place and times == (content["starts_at"], content["ends_at"])


def cancel_visit(
    visit_id: str,
    content: dict[str, Any],
    *,
    by: Actor,
    now: datetime,
    expected: int | None = None,
    at: datetime | None = None,
) -> Visit:
    """Call a visit off: whose doing, and why. It gives its slot back."""
    visit = hold_visit(visit_id, by=by)
    if take_step(visit, Step.CANCEL, content, by=by, now=now, expected=expected):
        bookings.give_back(visit, reason="cancelled")
        visit.cancel(by=content["by"], reason=content["reason"], at=at or now)
        db.session.flush()
    return visit


def miss_visit(
    visit_id: str,
    content: dict[str, Any],
    *,
    by: Actor,
    now: datetime,
    expected: int | None = None,
    at: datetime | None = None,
) -> Visit:
    """Note that one side was not there, with what shows it.

    A customer who was out was contacted all the same, as far as the visit cap goes; where we did
    not come, nothing happened and the slot goes back.

    :raises NotDueYet: before the visit's time
    """
    visit = hold_visit(visit_id, by=by)
    if not take_step(visit, Step.MISS, content, by=by, now=now, expected=expected):
        return visit
    if (at or now) < visit.starts_at:
        raise NotDueYet
    if content["absent"] is Side.US:
        bookings.give_back(visit, reason="we_were_absent")
    else:
        bookings.settle(
            visit,
            outcome=Outcome.ABSENT,
            at=visit.starts_at,
            now=now,
            by_id=by.id,
            summary=content["proof"],
        )
    visit.miss(absent=content["absent"], proof=content["proof"], at=at or now)
    db.session.flush()
    return visit
