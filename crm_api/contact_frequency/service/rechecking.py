"""Sweep all plans ahead, in chunks: what a policy, a festival or a freeze did to many at once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.contact_frequency.models import CustomerToRecheck, Hold, RecheckRun, Slot
from crm_api.contact_frequency.models.slots import OPEN
from crm_api.contact_frequency.queries import frame_at
from crm_api.contact_frequency.service import locking
from crm_api.contact_frequency.service.replanning import (
    STILL_OPEN,
    Rechecked,
    recheck_customers,
    recheck_slots,
)
from crm_api.contact_frequency.terms import PLANNED_STATES
from crm_api.customers import queries as customers
from crm_api.customers.locks import lock_subjects
from crm_api.customers.segments import queries as segments
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

CHUNK = 100


def count_ahead(*, now: datetime) -> int:
    """Return how many plans a whole run looks at, for whoever shows how far it is."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(_ahead(now).subquery())) or 0


def recheck_noted(*, now: datetime) -> Rechecked | None:
    """Look at the plans of the next customers that a mass change noted; None if there are none.

    A customer is struck off under the own lock, which whoever notes one holds as well: what
    changes while we look is noted anew.
    """
    noted = sa.select(CustomerToRecheck.customer_id).order_by(CustomerToRecheck.customer_id)
    ids = db.session.scalars(noted.limit(CHUNK)).all()
    if not ids:
        return None
    persons = customers.same_person_ids(ids)
    lock_subjects(customer_ids={one for members in persons.values() for one in members})
    found = recheck_customers(ids, now=now)
    done = sa.delete(CustomerToRecheck).where(is_among(CustomerToRecheck.customer_id, ids))
    db.session.execute(done)
    return found


def recheck_next(*, now: datetime, is_forced: bool = False) -> Rechecked | None:
    """Look at the next plans of a run; None once what is in force has been looked at throughout.

    A run belongs to the policies, calendar and regions in mourning as they are; where these change,
    or a version takes effect, another begins. One that was cut short goes on. Two side by side do
    the same work twice, and neither undoes the other's: each chunk is judged under its locks.
    """
    run = _run(now=now, is_forced=is_forced)
    if run is None:
        return None
    place = (run.place_at, run.place_id)
    rows = _next_rows(run, now=now)
    if not rows:
        run.finished_at = now
        db.session.flush()
        return None
    ids = [row.id for row in rows]
    moment = locking.lock_slots(ids)
    slots = [s for s in locking.read_slots(ids) if s.state in PLANNED_STATES]
    found = recheck_slots(slots, now=moment)
    _advance(run, found, place=place, to=(rows[-1].effective_at, rows[-1].id))
    return found


def _run(*, now: datetime, is_forced: bool) -> RecheckRun | None:
    stamp = _stamp(now)
    latest = db.session.scalar(sa.select(RecheckRun).order_by(RecheckRun.id.desc()).limit(1))
    if latest is not None and latest.stamp == stamp:
        if latest.finished_at is None:
            return latest
        if not is_forced:
            return None
    run = RecheckRun(id=new_id(), created_at=now, stamp=stamp)
    db.session.add(run)
    db.session.flush()
    return run


def _stamp(now: datetime) -> str:
    """Name what is in force for many at once.

    Who is in a segment that a policy names may change with what it asks, and with the day.
    """
    regions = sa.select(Hold.id).where(sa.text("lifted_at IS NULL"), Hold.team_path.is_not(None))
    holds = db.session.scalars(regions.order_by(Hold.id))
    names = ":".join([frame_at(now).digest, *holds, *_segments(now)])
    return hashlib.sha256(names.encode()).hexdigest()


def _segments(now: datetime) -> list[str]:
    frame = frame_at(now)
    if not frame.segment_ids:
        return []
    versions = segments.versions_of(frame.segment_ids)
    return [f"{now.astimezone(frame.zone):%Y-%m-%d}", *(f"{i}={n}" for i, n in versions)]


def _ahead(now: datetime) -> sa.Select[datetime, str]:
    planned = sa.select(Slot.effective_at, Slot.id).where(OPEN, Slot.state.in_(PLANNED_STATES))
    return planned.where(Slot.effective_at >= now - STILL_OPEN)


def _next_rows(run: RecheckRun, *, now: datetime) -> Sequence[Any]:
    statement = _ahead(now)
    if run.place_at is not None:
        here = sa.tuple_(Slot.effective_at, Slot.id)
        place = (run.place_at, run.place_id)
        there = (
            sa.literal(v, c.type) for v, c in zip(place, (Slot.effective_at, Slot.id), strict=True)
        )
        statement = statement.where(here > sa.tuple_(*there))
    return db.session.execute(statement.order_by(Slot.effective_at, Slot.id).limit(CHUNK)).all()


def _advance(
    run: RecheckRun, found: Rechecked, *, place: tuple[Any, Any], to: tuple[datetime, str]
) -> None:
    """Move the run on, unless another worker did so meanwhile."""
    db.session.refresh(run, with_for_update=True)
    if (run.place_at, run.place_id) != place:
        return
    run.place_at, run.place_id = to
    run.seen += found.seen
    run.marked += found.marked
    run.cleared += found.cleared
    db.session.flush()
