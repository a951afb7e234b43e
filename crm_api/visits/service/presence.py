"""Being there: check-in and check-out, and what is kept of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.contact_history.terms import Outcome
from crm_api.kit.db import db
from crm_api.kit.errors import Invalid
from crm_api.kit.touches import touching
from crm_api.visits import queries
from crm_api.visits.models import Visit, VisitColleague, VisitStep
from crm_api.visits.policies import check_in as grading
from crm_api.visits.policies import progress
from crm_api.visits.policies.check_in import Position, Presence
from crm_api.visits.service import bookings
from crm_api.visits.service.steps import hold_visit, take_step
from crm_api.visits.terms import Step

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.visits.terms import Verdict

STUB = "Visit made; its record is to follow."


def check_in(
    visit_id: str, content: dict[str, Any], *, by: Actor, now: datetime, expected: int | None
) -> Visit:
    """Note that a visit began. A fact is never refused: it is graded, warned of and recorded."""
    visit = hold_visit(visit_id, by=by)
    if not take_step(visit, Step.CHECK_IN, content, by=by, now=now, expected=expected):
        return visit
    at = moment_of(content, now=now)
    before = queries.find_position_before(by.id, visit_id=visit.id, at=at)
    bookings.begin(visit, at=at, now=now, by_id=by.id)
    presence = seen(visit, content, at=at, now=now, previous=before)
    visit.verdict, visit.verdict_reasons, visit.distance_m = graded(presence)
    visit.latitude, visit.longitude = content["latitude"], content["longitude"]
    visit.accuracy_m, visit.checked_in_place = content["accuracy_m"], content["place"]
    visit.check_in(at=at)
    db.session.flush()
    return visit


def check_out(
    visit_id: str, content: dict[str, Any], *, by: Actor, now: datetime, expected: int | None
) -> Visit:
    """Note that a visit ended: it becomes a contact now, its record may follow.

    Graded like the check-in, against the place agreed on, or else where somebody checked in.
    """
    visit = hold_visit(visit_id, by=by)
    if not take_step(visit, Step.CHECK_OUT, content, by=by, now=now, expected=expected):
        return visit
    at = moment_of(content, now=now)
    came_at = visit.checked_in_at
    if came_at is None or at < came_at:
        raise Invalid("/at", "A visit ends after it began.")
    bookings.settle(visit, outcome=Outcome.REACHED, at=came_at, now=now, by_id=by.id, summary=STUB)
    _grade_leaving(visit, content, at=at, now=now, came_at=came_at)
    visit.check_out(at=at)
    db.session.flush()
    return visit


def _grade_leaving(
    visit: Visit, content: dict[str, Any], *, at: datetime, now: datetime, came_at: datetime
) -> None:
    there = _position(visit.latitude, visit.longitude)
    previous = None if there is None else (there, came_at)
    presence = seen(visit, content, at=at, now=now, previous=previous, came_at=came_at)
    visit.check_out_verdict, visit.check_out_verdict_reasons, visit.check_out_distance_m = graded(
        presence if presence.place else replace(presence, place=there)
    )
    visit.check_out_latitude = content["latitude"]
    visit.check_out_longitude = content["longitude"]
    visit.check_out_accuracy_m = content["accuracy_m"]


def moment_of(content: dict[str, Any], *, now: datetime) -> datetime:
    """Return when it happened.

    :raises Invalid: if that moment has not come yet
    """
    at: datetime = content["at"] or now
    if progress.is_too_far_ahead(at, now=now):
        raise Invalid("/at", "This moment has not come yet.")
    return at


def seen(
    visit: Visit,
    content: dict[str, Any],
    *,
    at: datetime,
    now: datetime,
    previous: tuple[Position, datetime] | None,
    came_at: datetime | None = None,
) -> Presence:
    """Return what is known of somebody who says to be there."""
    return Presence(
        at=at,
        told_at=now,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        position=_position(content["latitude"], content["longitude"]),
        accuracy_m=content["accuracy_m"],
        is_mocked=content["is_mocked"],
        place=_position(visit.place_latitude, visit.place_longitude),
        previous=previous,
        came_at=came_at,
    )


def graded(presence: Presence) -> tuple[Verdict, list[str], int | None]:
    """Return the verdict, every reason, and the metres from the place."""
    verdict, reasons = grading.grade(presence)
    distance = presence.distance_m
    return verdict, [r.value for r in reasons], None if distance is None else round(distance)


def _position(latitude: float | None, longitude: float | None) -> Position | None:
    if latitude is None or longitude is None:
        return None
    return Position(latitude, longitude)


def purge_coordinates(*, before: datetime) -> int:
    """Forget where people stood when they checked in or out before a moment; return how many.

    The verdict stays. So does nothing that coordinates could be guessed from: the digest of what
    the phone sent goes as well, after which a repeat can no longer be told.
    """
    came = sa.and_(Visit.latitude.is_not(None), Visit.checked_in_at < before)
    left = sa.and_(Visit.check_out_latitude.is_not(None), Visit.checked_out_at < before)
    along = sa.and_(VisitColleague.latitude.is_not(None), VisitColleague.arrived_at < before)
    for step, stale in ((Step.CHECK_IN, came), (Step.CHECK_OUT, left)):
        theirs = VisitStep.visit_id.in_(sa.select(Visit.id).where(stale))
        forgotten = sa.update(VisitStep).where(VisitStep.step == step, theirs).values(digest="")
        db.session.execute(forgotten)
    return (
        _forget(Visit, came, "latitude", "longitude")
        + _forget(Visit, left, "check_out_latitude", "check_out_longitude")
        + _forget(VisitColleague, along, "latitude", "longitude", arrival_digest="")
    )


def _forget(model: Any, stale: sa.ColumnElement[bool], *names: str, **also: str) -> int:
    # No phone is told of coordinates.
    emptied = touching(sa.update(model).where(stale).values({**dict.fromkeys(names), **also}))
    return len(db.session.execute(emptied.returning(model.id)).all())
