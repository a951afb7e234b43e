"""Rotate refresh tokens, and notice when one is used by somebody else."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime, timedelta
from functools import partial
from typing import NoReturn

from crm_api.accounts import queries
from crm_api.accounts.errors import RefreshRefused, RefreshTokenMisused
from crm_api.accounts.models import DeviceSession, RefreshToken
from crm_api.accounts.service.sign_in import SignedIn, extend, hand_out
from crm_api.accounts.service.sign_out import end_sessions
from crm_api.accounts.service.turning_away import refuse_revoked
from crm_api.accounts.tokens import digest_of, keyring
from crm_api.audit import service as audit

ANSWER_MAY_BE_LOST_FOR = timedelta(minutes=2)


def refresh(*, refresh_token: str, device_id: str, attempt: str | None, now: datetime) -> SignedIn:
    """Exchange a refresh token for the next one, and a new access token.

    A token is good once. Used again, or from another device, it may have been stolen, and nobody
    can tell which of the two is the thief: the session ends for both.

    A device that lost the answer repeats its call with the same `attempt`, a random word that it
    keeps before it sends. The next token is derived from token and attempt with a key of ours, so
    that the repeat gets the very same token, as long as that one is unused. A thief who has only
    the token does not know the attempt.

    :raises DeviceRevoked: if its device was turned away
    :raises RefreshRefused: if the token is unknown, or its session has ended
    :raises RefreshTokenMisused: if it was used before, or on another device
    """
    digest = digest_of(refresh_token)
    session = queries.lock_session_of(digest)
    token = queries.find_refresh_token(digest)
    if session is None or token is None or session.revoked_at or session.expires_at <= now:
        refuse_revoked(queries.device_of_token(digest))
        raise RefreshRefused
    if session.device_id != device_id:
        _end_family(session, because="other_device", at=now)
    successor = _successor(refresh_token, attempt or secrets.token_urlsafe(32))
    if token.used_at is None:
        token.used_at = now
        return extend(session, successor, now=now)
    if not _lost_its_answer(token, successor, now=now):
        _end_family(session, because="token_reused", at=now)
    return hand_out(session, successor, now=now)


def _successor(refresh_token: str, attempt: str) -> str:
    derived = keyring().derive(refresh_token, attempt)
    return base64.urlsafe_b64encode(derived).decode().rstrip("=")


def _lost_its_answer(token: RefreshToken, successor: str, *, now: datetime) -> bool:
    following = queries.find_refresh_token(digest_of(successor))
    if following is None or following.used_at is not None or token.used_at is None:
        return False
    return now - token.used_at <= ANSWER_MAY_BE_LOST_FOR


def _end_family(session: DeviceSession, *, because: str, at: datetime) -> NoReturn:
    end = partial(_end, session.id, staff_id=session.staff_id, because=because, at=at)
    raise RefreshTokenMisused(remember=end)


def _end(session_id: str, *, staff_id: str, because: str, at: datetime) -> None:
    end_sessions(staff_id, DeviceSession.id == session_id, because=because, at=at)
    audit.record(
        "refresh_token_misused",
        by_id=None,
        at=at,
        subject_kind="device_session",
        subject_id=session_id,
        details={"staff_id": staff_id, "because": because},
    )
