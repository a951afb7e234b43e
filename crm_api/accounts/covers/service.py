"""Arrange who looks after whose customers meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.covers import queries
from crm_api.accounts.covers.errors import CoverClash, CoverOver
from crm_api.accounts.covers.models import Cover
from crm_api.accounts.covers.policies import LONGEST, find_clash
from crm_api.audit import service as audit
from crm_api.kit.db import db
from crm_api.kit.errors import Invalid
from crm_api.kit.ids import new_id
from crm_api.kit.versions import require_version

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor


def arrange_cover(
    *,
    absent_id: str,
    stand_in_id: str,
    starts_at: datetime | None,
    ends_at: datetime,
    reason: str,
    by: Actor,
    now: datetime,
) -> Cover:
    """Let a colleague see and serve an absent one's customers for a time.

    :raises Invalid: if either is no account manager at work in the actor's teams, or the time is
        none that is to come
    :raises CoverClash: if another cover of that time stands in the way
    """
    starts_at = now if starts_at is None else starts_at
    _require_colleagues(absent_id=absent_id, stand_in_id=stand_in_id, by=by)
    if starts_at < now:
        raise Invalid("/starts_at", "A cover begins now, or later.")
    cover = Cover(
        id=new_id(),
        absent_id=absent_id,
        stand_in_id=stand_in_id,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason,
        by_id=by.id,
        created_at=now,
    )
    _require_time(cover, ends_at=ends_at, now=now)
    _refuse_clashes(cover, ends_at=ends_at)
    db.session.add(cover)
    db.session.flush()
    _tell("cover_arranged", cover, by=by, now=now)
    return cover


def change_cover(
    cover_id: str, *, ends_at: datetime, expected: int, by: Actor, now: datetime
) -> Cover:
    """Let a cover last for longer, or for less long.

    :raises NotFound: if there is none, or none that the actor may see
    :raises CoverOver: if it has ended
    :raises StaleVersion: if somebody changed it since it was read
    :raises Invalid: if one of the two is no longer at work in the actor's teams, or the end is past
    :raises CoverClash: if another cover stands in the way of the longer time
    """
    seen = queries.get_cover(cover_id, visible_to=by)
    _require_colleagues(absent_id=seen.absent_id, stand_in_id=seen.stand_in_id, by=by)
    cover = queries.get_cover(cover_id, visible_to=by, for_change=True)
    require_version(cover, expected=expected, wanted={"ends_at": ends_at})
    if cover.ends_at <= now:
        raise CoverOver
    _require_time(cover, ends_at=ends_at, now=now)
    _refuse_clashes(cover, ends_at=ends_at)
    cover.ends_at = ends_at
    db.session.flush()
    _tell("cover_changed", cover, by=by, now=now)
    return cover


def end_cover(cover_id: str, *, by: Actor, now: datetime) -> Cover:
    """Let a cover end now: the colleague is back. One that has ended stays as it is.

    :raises NotFound: if there is none, or none that the actor may see
    """
    cover = queries.get_cover(cover_id, visible_to=by, for_change=True)
    if cover.ends_at > now:
        cover.end(by_id=by.id, at=now)
        db.session.flush()
        _tell("cover_ended", cover, by=by, now=now)
    return cover


def end_covers_of(staff_id: str, *, by: Actor, now: datetime) -> None:
    """End all covers of somebody who leaves, or is an account manager no longer."""
    for cover in queries.lock_unended(staff_id, now=now):
        cover.end(by_id=by.id, at=now)
        _tell("cover_ended", cover, by=by, now=now)


def _require_colleagues(*, absent_id: str, stand_in_id: str, by: Actor) -> None:
    if absent_id == stand_in_id:
        raise Invalid("/stand_in_id", "Name two people.")
    at_work = queries.lock_colleagues((absent_id, stand_in_id), visible_to=by)
    for pointer, staff_id in (("/absent_id", absent_id), ("/stand_in_id", stand_in_id)):
        if staff_id not in at_work:
            raise Invalid(pointer, "Name an account manager at work in your teams.")


def _require_time(cover: Cover, *, ends_at: datetime, now: datetime) -> None:
    if ends_at <= max(cover.starts_at, now):
        raise Invalid("/ends_at", "A cover ends after it begins, and not in the past.")
    if ends_at - cover.starts_at > LONGEST:
        raise Invalid("/ends_at", f"A cover lasts {LONGEST.days} days at the most.")


def _refuse_clashes(cover: Cover, *, ends_at: datetime) -> None:
    people = (cover.absent_id, cover.stand_in_id)
    clashes = []
    for other in queries.find_overlapping(people, starts_at=cover.starts_at, ends_at=ends_at):
        why = find_clash(
            absent_id=cover.absent_id,
            stand_in_id=cover.stand_in_id,
            other_absent_id=other.absent_id,
            other_stand_in_id=other.stand_in_id,
        )
        if why is not None and other.id != cover.id:
            clashes.append({"cover_id": other.id, "why": why.value})
    if clashes:
        raise CoverClash(clashes)


def _tell(action: str, cover: Cover, *, by: Actor, now: datetime) -> None:
    audit.record(
        action,
        by_id=by.id,
        at=now,
        subject_kind="cover",
        subject_id=cover.id,
        details={
            "absent_id": cover.absent_id,
            "stand_in_id": cover.stand_in_id,
            "starts_at": cover.starts_at.isoformat(),
            "ends_at": cover.ends_at.isoformat(),
        },
    )
