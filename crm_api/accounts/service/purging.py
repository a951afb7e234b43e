"""Forget sessions and failures that no longer matter."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from crm_api.accounts.models import DeviceSession, SignInFailures
from crm_api.accounts.policies import FAILURES_FADE_AFTER
from crm_api.accounts.queries import Device
from crm_api.accounts.service.turning_away import is_turned_away
from crm_api.kit.db import db

ENDED_SESSIONS_KEPT = timedelta(days=90)


def purge(*, now: datetime) -> int:
    """Delete sessions that ended long ago, and faded failures; return how many rows.

    Those of devices that were turned away stay: by them such a device is told so, whenever it
    calls, and forgets what it holds.
    """
    ended = DeviceSession.expires_at < now - ENDED_SESSIONS_KEPT
    faded = SignInFailures.last_failed_at < now - FAILURES_FADE_AFTER
    whose = sa.tuple_(DeviceSession.staff_id, DeviceSession.device_id)
    forgotten = sa.delete(DeviceSession).where(ended, whose.not_in(_turned_away(ended)))
    gone = [
        forgotten.returning(DeviceSession.id),
        sa.delete(SignInFailures).where(faded).returning(SignInFailures.login_digest),
    ]
    return sum(len(db.session.execute(statement).all()) for statement in gone)


def _turned_away(ended: sa.ColumnElement[bool]) -> list[Device]:
    statement = sa.select(DeviceSession.staff_id, DeviceSession.device_id).distinct().where(ended)
    devices = [Device(*row) for row in db.session.execute(statement)]
    return [device for device in devices if is_turned_away(device)]
