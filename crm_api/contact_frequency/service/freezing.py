"""A freeze and the begins under way: they share a lock, which whoever silences many takes alone.

No row of a subject stands for a region or for all, and under READ COMMITTED a begin that has read
the holds does not see one that commits a moment later. Bookings do not take this lock: what they
plan passes begin first.
"""

from __future__ import annotations

import sqlalchemy as sa

from crm_api.kit import held
from crm_api.kit.db import db
from crm_api.kit.straight import StraightRead

_KEY = 0x66_72_65_65_7A_65  # the name of the lock; any number that nothing else uses
_JOIN = StraightRead(sa.select(sa.func.pg_advisory_xact_lock_shared(_KEY)))
_STOP = StraightRead(sa.select(sa.func.pg_advisory_xact_lock(_KEY)))


def join_begins() -> None:
    """Let no freeze commit until this transaction ends; wait for one that is about to.

    Called before the subjects are locked and the clock is read: a begin that had waited with its
    clock in hand would judge by a moment before the freeze.
    """
    if not held.holds({_KEY}):
        _lock(_JOIN)
        held.note_held({_KEY})


def stop_begins() -> None:
    """Wait for the begins under way, and hold up new ones until this transaction ends.

    Called before any subject is locked, because a begin holds this lock while it waits for those;
    the lock on the policies comes after both.
    """
    _lock(_STOP)


def _lock(call: StraightRead) -> None:
    if db.engine.dialect.name == "postgresql":  # on SQLite the writing transaction is alone
        call.rows()
