"""Change a password, or get back in without it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.accounts import passwords, policies, queries
from crm_api.accounts.errors import ResetRefused, WeakPassword, WrongPassword
from crm_api.accounts.models import Credentials, DeviceSession, Staff
from crm_api.accounts.service import lockout
from crm_api.accounts.service.sign_out import end_sessions, get_helped
from crm_api.accounts.tokens import digest_of
from crm_api.audit import service as audit
from crm_api.kit.db import db
from crm_api.kit.transactions import end_reading
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor

CODE_LASTS = timedelta(hours=24)
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is taken for another when read aloud
CODE_LENGTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetCode:
    """A one-time code, shown once to whoever hands it on."""

    code: str
    expires_at: datetime


def change_password(*, current_password: str, new_password: str, by: Actor, now: datetime) -> None:
    """Replace the actor's own password, and end their other sessions.

    :raises SignInLocked: if too many attempts failed
    :raises WrongPassword: if the current password is another one
    :raises WeakPassword: if the new one would be guessed
    """
    login = db.session.scalars(sa.select(Staff.login).where(Staff.id == by.id)).one()
    refuse_weak(new_password, login=login)
    lockout.refuse_while_locked(login, now=now)
    known = queries.find_credentials(login)
    end_reading()
    stored = known.password_hash if known else None
    is_right = passwords.matches(current_password, stored=stored)
    fresh = passwords.hash_password(new_password)
    if not is_right or not _replace(by.id, stored, fresh, now=now):
        note = partial(lockout.note_failure, what="password_change_failed", at=now)
        raise WrongPassword(remember=partial(note, login, staff_id=by.id))
    lockout.forget_failures(login)
    end_sessions(by.id, DeviceSession.id != by.session_id, because="password_changed", at=now)
    audit.record("password_changed", by_id=by.id, at=now, subject_kind="staff", subject_id=by.id)


def _replace(staff_id: str, stored: str | None, fresh: str, *, now: datetime) -> bool:
    unchanged = sa.update(Credentials).where(
        Credentials.staff_id == staff_id, Credentials.password_hash == stored
    )
    change = unchanged.values(
        password_hash=fresh, changed_at=now, reset_digest=None, reset_expires_at=None
    )
    replaced = db.session.execute(change.returning(Credentials.staff_id)).one_or_none()
    return replaced is not None


def give_password(staff_id: str, *, password_hash: str, now: datetime) -> None:
    """Set a password from a command or a seed; there is no session to end yet."""
    row = insert(Credentials).values(staff_id=staff_id, password_hash=password_hash, changed_at=now)
    known = {"password_hash": password_hash, "changed_at": now}
    db.session.execute(row.on_conflict_do_update(index_elements=["staff_id"], set_=known))


def refuse_weak(password: str, *, login: str) -> None:
    """Refuse a password that would be guessed.

    :raises WeakPassword: with what to mend
    """
    fault = policies.password_fault(password, login=login)
    if fault is not None:
        raise WeakPassword(fault)


def issue_reset_code(staff_id: str, *, by: Actor, now: datetime) -> ResetCode:
    """Make a one-time code with which somebody sets a new password. An older code is void.

    :raises NotFound: if there is no such member of staff, or the actor may not see them
    :raises Outranked: if it is not the actor who helps people of their role
    """
    staff = get_helped(staff_id, by=by)
    code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
    until = now + CODE_LASTS
    known = {"reset_digest": digest_of(code), "reset_expires_at": until}
    row = insert(Credentials).values(staff_id=staff.id, **known)
    db.session.execute(row.on_conflict_do_update(index_elements=["staff_id"], set_=known))
    audit.record(
        "reset_code_issued", by_id=by.id, at=now, subject_kind="staff", subject_id=staff.id
    )
    return ResetCode(
        code="-".join(code[n : n + 4] for n in range(0, CODE_LENGTH, 4)), expires_at=until
    )


def redeem_reset_code(*, login: str, code: str, new_password: str, now: datetime) -> None:
    """Set a new password with a one-time code, and end all sessions.

    :raises SignInLocked: if too many attempts failed
    :raises ResetRefused: if the code is wrong, used or expired
    :raises WeakPassword: if the password would be guessed
    """
    login = policies.fold_login(login)
    refuse_weak(new_password, login=login)
    lockout.refuse_while_locked(login, now=now)
    known = queries.find_credentials(login)
    end_reading()
    fresh = passwords.hash_password(new_password)
    digest = digest_of(code.replace("-", "").strip().upper())
    staff_id = known.id if known else None
    if staff_id is None or not _redeem(staff_id, digest, fresh, now=now):
        note = partial(lockout.note_failure, what="reset_failed", at=now)
        raise ResetRefused(remember=partial(note, login, staff_id=staff_id))
    lockout.forget_failures(login)
    end_sessions(staff_id, because="password_reset", at=now)
    audit.record(
        "password_reset", by_id=staff_id, at=now, subject_kind="staff", subject_id=staff_id
    )


def _redeem(staff_id: str, digest: str, fresh: str, *, now: datetime) -> bool:
    fitting = sa.update(Credentials).where(
        Credentials.staff_id == staff_id,
        Credentials.reset_digest == digest,
        Credentials.reset_expires_at > now,
    )
    change = fitting.values(
        password_hash=fresh, changed_at=now, reset_digest=None, reset_expires_at=None
    )
    redeemed = db.session.execute(change.returning(Credentials.staff_id)).one_or_none()
    return redeemed is not None
