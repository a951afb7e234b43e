"""Forget sessions and failures that no longer matter."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from crm_api.accounts.models import DeviceSession, SignInFailures
from crm_api.accounts.policies import FAILURES_FADE_AFTER
from crm_api.kit.db import db

ENDED_SESSIONS_KEPT = timedelta(days=90)


def purge(*, now: datetime) -> int:
    """Delete sessions that ended long ago, and faded failures; return how many rows."""
    ended = DeviceSession.expires_at < now - ENDED_SESSIONS_KEPT
    faded = SignInFailures.last_failed_at < now - FAILURES_FADE_AFTER
    gone = [
        sa.delete(DeviceSession).where(ended).returning(DeviceSession.id),
        sa.delete(SignInFailures).where(faded).returning(SignInFailures.login_digest),
    ]
    return sum(len(db.session.execute(statement).all()) for statement in gone)
