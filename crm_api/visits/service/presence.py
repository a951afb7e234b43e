"""Being there: check-in and check-out, and what is kept of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.contact_history.terms import Outcome
from crm_api.kit.db import db
from crm_api.kit.errors import Invalid
from crm_api.visits import queries
from crm_api.visits.models import Visit, VisitStep
from crm_api.visits.policies import check_in as grading
from crm_api.visits.policies import progress
from crm_api.visits.policies.check_in import Arrival, Position
from crm_api.visits.service import bookings
from crm_api.visits.service.steps import hold_visit, take_step
from crm_api.visits.terms import Step

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor

STUB = "Visit made; its record is to follow."


def check_in(
    visit_id: str, content: dict[str, Any], *, by: Actor, now: datetime, expected: int | None
) -> Visit:
    """Note that a visit began. A fact is never refused: it is graded, warned of and recorded."""
    visit = hold_visit(visit_id, by=by)
    if not take_step(visit, Step.CHECK_IN, content, by=by, now=now, expected=expected):
        return visit
    at = _moment(content, now=now)
    before = queries.find_position_before(visit, at=at)
    bookings.begin(visit, at=at, now=now, by_id=by.id)
    _grade(visit, content, at=at, now=now, previous=before)
    visit.check_in(at=at)
    db.session.flush()
    return visit


def _moment(content: dict[str, Any], *, now: datetime) -> datetime:
    at: datetime = content["at"] or now
    if progress.is_too_far_ahead(at, now=now):
        raise Invalid("/at", "This moment has not come yet.")
    return at


def _grade(
    visit: Visit,
    content: dict[str, Any],
    *,
    at: datetime,
    now: datetime,
    previous: tuple[Position, datetime] | None,
) -> None:
    arrival = Arrival(
        at=at,
        told_at=now,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        position=_position(content["latitude"], content["longitude"]),
        accuracy_m=content["accuracy_m"],
        is_mocked=content["is_mocked"],
        place=_position(visit.place_latitude, visit.place_longitude),
        previous=previous,
    )
    verdict, reasons = grading.grade(arrival)
    visit.verdict, visit.verdict_reasons = verdict, [reason.value for reason in reasons]
    distance = arrival.distance_m
    visit.distance_m = None if distance is None else round(distance)
    visit.latitude, visit.longitude = content["latitude"], content["longitude"]
    visit.accuracy_m, visit.checked_in_place = content["accuracy_m"], content["place"]


def _position(latitude: float | None, longitude: float | None) -> Position | None:
    if latitude is None or longitude is None:
        return None
    return Position(latitude, longitude)


def check_out(
    visit_id: str, content: dict[str, Any], *, by: Actor, now: datetime, expected: int | None
) -> Visit:
    """Note that a visit ended: it becomes a contact now, its record may follow."""
    visit = hold_visit(visit_id, by=by)
    if not take_step(visit, Step.CHECK_OUT, content, by=by, now=now, expected=expected):
        return visit
    at = _moment(content, now=now)
    came_at = visit.checked_in_at
    if came_at is None or at < came_at:
        raise Invalid("/at", "A visit ends after it began.")
    bookings.settle(visit, outcome=Outcome.REACHED, at=came_at, now=now, by_id=by.id, summary=STUB)
    visit.check_out(at=at)
    db.session.flush()
    return visit


def purge_coordinates(*, before: datetime) -> int:
    """Forget where people stood when they checked in before a moment; return how many.

    The verdict stays. So does nothing that coordinates could be guessed from: the digest of what
    the phone sent goes as well, after which a repeat can no longer be told.
    """
    stale = sa.and_(Visit.latitude.is_not(None), Visit.checked_in_at < before)
    theirs = sa.and_(
        VisitStep.step == Step.CHECK_IN, VisitStep.visit_id.in_(sa.select(Visit.id).where(stale))
    )
    db.session.execute(sa.update(VisitStep).where(theirs).values(digest=""))
    purged = sa.update(Visit).where(stale).values(latitude=None, longitude=None)
    return len(db.session.execute(purged.returning(Visit.id)).all())
