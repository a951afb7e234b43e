"""End sessions: this one, one of mine, all of mine, all of somebody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.accounts import queries
from crm_api.accounts.errors import Outranked
from crm_api.accounts.models import DeviceSession, Role
from crm_api.audit import service as audit
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.accounts.models import Staff


def sign_out(session_id: str, *, by: Actor, now: datetime) -> None:
    """End one of the actor's own sessions. Its tokens stop working at once.

    :raises NotFound: if the actor has no such session, or it has ended already
    """
    this = DeviceSession.id == session_id
    if not end_sessions(by.id, this, because="signed_out", at=now):
        raise NotFound("session")
    audit.record(
        "signed_out", by_id=by.id, at=now, subject_kind="device_session", subject_id=session_id
    )


def sign_out_everywhere(*, by: Actor, now: datetime) -> None:
    """End all sessions of the actor, this one included."""
    _end_all(by.id, by=by, now=now)


def sign_out_staff(staff_id: str, *, by: Actor, now: datetime) -> None:
    """End all sessions of somebody, as when a phone is lost.

    :raises NotFound: if there is no such member of staff, or the actor may not see them
    :raises Outranked: if it is not the actor who helps people of their role
    """
    _end_all(get_helped(staff_id, by=by).id, by=by, now=now)


def get_helped(staff_id: str, *, by: Actor) -> Staff:
    """Return somebody whose sign-in the actor looks after.

    A manager looks after account managers: with a code for an administrator, they would be one.

    :raises NotFound: if there is no such member of staff, or the actor may not see them
    :raises Outranked: if it is not the actor who helps people of their role
    """
    staff = queries.get_staff(staff_id, visible_to=by)
    if by.role is not Role.ADMIN and staff.role is not Role.ACCOUNT_MANAGER:
        raise Outranked
    return staff


def _end_all(staff_id: str, *, by: Actor, now: datetime) -> None:
    ended = end_sessions(staff_id, because="signed_out", at=now)
    audit.record(
        "signed_out_everywhere",
        by_id=by.id,
        at=now,
        subject_kind="staff",
        subject_id=staff_id,
        details={"sessions": ended},
    )


def end_sessions_on(staff_id: str, device_id: str, *, because: str, at: datetime) -> int:
    """End all sessions of somebody on one device; return how many those were."""
    return end_sessions(staff_id, DeviceSession.device_id == device_id, because=because, at=at)


def end_sessions(
    staff_id: str, *conditions: sa.ColumnElement[bool], because: str, at: datetime
) -> int:
    """Revoke the live sessions of somebody that meet the conditions; return how many."""
    live = sa.update(DeviceSession).where(
        DeviceSession.staff_id == staff_id, DeviceSession.revoked_at.is_(None), *conditions
    )
    ended = live.values(revoked_at=at, revoked_because=because).returning(DeviceSession.id)
    return len(db.session.execute(ended).all())
