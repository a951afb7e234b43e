"""Reads of sign-ins: credentials, sessions, refresh tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from crm_api.accounts.models import (
    Credentials,
    DeviceSession,
    RefreshToken,
    SignInFailures,
    Staff,
    Standing,
)
from crm_api.kit.db import db
from crm_api.kit.paging import Page, PageRequest, fetch_page

if TYPE_CHECKING:
    from datetime import datetime


def find_credentials(login: str) -> sa.Row[str, str | None] | None:
    """Return id and password hash of the active member of staff who signs in by this name."""
    sought = (
        sa.select(Staff.id, Credentials.password_hash)
        .join(Credentials, Credentials.staff_id == Staff.id)
        .where(Staff.login == login, Staff.status == Standing.ACTIVE)
    )
    return db.session.execute(sought).one_or_none()


def find_lock(login_digest: str) -> datetime | None:
    """Return until when a login is locked, if it was."""
    return db.session.scalar(
        sa.select(SignInFailures.locked_until).where(SignInFailures.login_digest == login_digest)
    )


def lock_session_of(token_digest: str) -> DeviceSession | None:
    """Lock and return the session that a refresh token belongs to, if its owner is active."""
    sought = (
        sa.select(DeviceSession)
        .join(RefreshToken, RefreshToken.session_id == DeviceSession.id)
        .join(Staff, Staff.id == DeviceSession.staff_id)
        .where(RefreshToken.digest == token_digest, Staff.status == Standing.ACTIVE)
        .with_for_update(of=DeviceSession)
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(sought).one_or_none()


def find_refresh_token(digest: str) -> RefreshToken | None:
    """Return a refresh token as it now is."""
    return db.session.get(RefreshToken, digest, populate_existing=True)


class Device(NamedTuple):
    """Whose device signed in, be it for how long."""

    staff_id: str
    device_id: str


def device_of_session(session_id: str) -> Device | None:
    """Return on which device a session was, live or not."""
    return _device(DeviceSession.id == session_id)


def device_of_token(token_digest: str) -> Device | None:
    """Return on which device the session of a refresh token was, live or not."""
    its = sa.select(RefreshToken.session_id).where(RefreshToken.digest == token_digest)
    return _device(DeviceSession.id.in_(its))


def _device(where: sa.ColumnElement[bool]) -> Device | None:
    sought = sa.select(DeviceSession.staff_id, DeviceSession.device_id).where(where)
    row = db.session.execute(sought).one_or_none()
    return None if row is None else Device(*row)


def list_sessions(staff_id: str, *, now: datetime, current_id: str, page: PageRequest) -> Page:
    """Return somebody's live sessions, the newest first."""
    live = sa.select(DeviceSession).where(
        DeviceSession.staff_id == staff_id,
        DeviceSession.revoked_at.is_(None),
        DeviceSession.expires_at > now,
    )
    by = [DeviceSession.created_at, DeviceSession.id]
    found = fetch_page(live, by=by, page=page, descending=True)
    return Page([_shown(s, current_id) for s in found.items], found.next_cursor)


def _shown(session: DeviceSession, current_id: str) -> dict[str, Any]:
    names = ("id", "device_id", "device_name", "created_at", "last_used_at", "expires_at")
    return {n: getattr(session, n) for n in names} | {"is_current": session.id == current_id}
