"""Open a session on a device."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from crm_api import config
from crm_api.accounts import passwords, policies, queries
from crm_api.accounts.errors import SignInFailed
from crm_api.accounts.models import Credentials, DeviceSession, RefreshToken, Staff, Standing
from crm_api.accounts.service import lockout
from crm_api.accounts.service.sign_out import end_sessions
from crm_api.accounts.tokens import digest_of, keyring
from crm_api.audit import service as audit
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.transactions import end_reading


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """What a device needs to go on: shown once, stored nowhere."""

    access_token: str
    expires_in: int
    refresh_token: str
    refresh_expires_at: datetime
    session_id: str
    staff_id: str
    token_type: str = "Bearer"  # noqa: S105 - a kind of token, not a token


def sign_in(
    *, login: str, password: str, device_id: str, device_name: str, now: datetime
) -> SignedIn:
    """Let somebody in who knows login and password.

    The hash is computed between a read and a write, while the database is free; what was read is
    therefore read again. An unknown login costs as much time as a known one.

    :raises SignInLocked: if too many attempts failed
    :raises SignInFailed: if login and password do not belong together
    """
    login = policies.fold_login(login)
    lockout.refuse_while_locked(login, now=now)
    known = queries.find_credentials(login)
    end_reading()
    stored, staff_id = (known.password_hash, known.id) if known else (None, None)
    is_right = passwords.matches(password, stored=stored)
    staff = _hold(staff_id, stored) if is_right else None
    if staff is None:
        note = partial(lockout.note_failure, what="sign_in_failed", at=now)
        raise SignInFailed(remember=partial(note, login, staff_id=staff_id))
    lockout.refuse_while_locked(login, now=now)
    lockout.forget_failures(login)
    return _open(staff, device_id=device_id, device_name=device_name, now=now)


def _hold(staff_id: str | None, stored: str | None) -> Staff | None:
    """Read again, held: they may have left, or changed the password, while we computed."""
    unchanged = (
        sa.select(Staff)
        .join(Credentials, Credentials.staff_id == Staff.id)
        .where(Staff.id == staff_id, Staff.status == Standing.ACTIVE)
        .where(Credentials.password_hash == stored)
        .with_for_update(read=True)
    )
    return db.session.scalars(unchanged).one_or_none()


def _open(staff: Staff, *, device_id: str, device_name: str, now: datetime) -> SignedIn:
    same_device = DeviceSession.device_id == device_id
    end_sessions(staff.id, same_device, because="replaced", at=now)
    session = DeviceSession(
        id=new_id(),
        staff_id=staff.id,
        device_id=device_id,
        device_name=device_name,
        created_at=now,
        last_used_at=now,
        expires_at=now,
    )
    db.session.add(session)
    db.session.flush()
    audit.record(
        "signed_in",
        by_id=staff.id,
        at=now,
        subject_kind="device_session",
        subject_id=session.id,
        details={"device_id": device_id},
    )
    return extend(session, secrets.token_urlsafe(32), now=now)


def extend(session: DeviceSession, refresh_token: str, *, now: datetime) -> SignedIn:
    """Let a session last on, with a new refresh token."""
    session.last_used_at = now
    session.expires_at = now + timedelta(seconds=config.current().refresh_token_seconds)
    fresh = RefreshToken(
        digest=digest_of(refresh_token), session_id=session.id, created_at=now, used_at=None
    )
    db.session.add(fresh)
    return hand_out(session, refresh_token, now=now)


def hand_out(session: DeviceSession, refresh_token: str, *, now: datetime) -> SignedIn:
    """Return a session's tokens, the access token newly signed."""
    seconds = config.current().access_token_seconds
    access_token = keyring().sign(
        staff_id=session.staff_id, session_id=session.id, at=now, seconds=seconds
    )
    return SignedIn(
        access_token=access_token,
        expires_in=seconds,
        refresh_token=refresh_token,
        refresh_expires_at=session.expires_at,
        session_id=session.id,
        staff_id=session.staff_id,
    )
