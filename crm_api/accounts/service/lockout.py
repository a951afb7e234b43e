"""Failed sign-ins are remembered, and after some of them a login has to wait."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.accounts import policies, queries
from crm_api.accounts.errors import SignInLocked
from crm_api.accounts.models import SignInFailures
from crm_api.accounts.tokens import digest_of
from crm_api.audit import service as audit
from crm_api.kit.db import db
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from datetime import datetime


def refuse_while_locked(login: str, *, now: datetime) -> None:
    """Refuse to look at a password at all while its login is locked.

    :raises SignInLocked: with the seconds that are left
    """
    until = queries.find_lock(digest_of(login))
    if until is not None and until > now:
        raise SignInLocked(retry_after=ceil((until - now).total_seconds()))


def note_failure(login: str, *, staff_id: str | None, what: str, at: datetime) -> None:
    """Count a failure for a login, whether it exists or not, and lock it after too many."""
    digest = digest_of(login)
    count = _count_failure(digest, at=at)
    until = policies.locked_until(count, at=at)
    row = sa.update(SignInFailures).where(SignInFailures.login_digest == digest)
    db.session.execute(row.values(locked_until=until))
    audit.record(
        what,
        by_id=None,
        at=at,
        subject_kind="staff" if staff_id else "login",
        subject_id=staff_id or digest,
        details={"failures": count, "locked": until is not None},
    )


def _count_failure(digest: str, *, at: datetime) -> int:
    faded = SignInFailures.last_failed_at < at - policies.FAILURES_FADE_AFTER
    row = insert(SignInFailures).values(login_digest=digest, count=1, last_failed_at=at)
    row = row.on_conflict_do_update(
        index_elements=["login_digest"],
        set_={"count": sa.case((faded, 1), else_=SignInFailures.count + 1), "last_failed_at": at},
    )
    return int(db.session.execute(row.returning(SignInFailures.count)).scalar_one())


def forget_failures(login: str) -> None:
    """Start counting anew, after the right person came in."""
    gone = sa.delete(SignInFailures).where(SignInFailures.login_digest == digest_of(login))
    db.session.execute(gone)
