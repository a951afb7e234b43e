"""Begin another age of the server's data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.audit import service as audit
from crm_api.kit.db import db
from crm_api.kit.upserts import insert
from crm_api.sync.epochs import queries
from crm_api.sync.epochs.errors import EpochBegun, RestoredInFuture
from crm_api.sync.epochs.queries import Age
from crm_api.sync.models import Epoch

if TYPE_CHECKING:
    from datetime import datetime


def begin_epoch(*, restored_to: datetime, by: str, now: datetime) -> Age:
    """Let phones know that what they sent since a moment is lost here; return the age it is now.

    The last push that the data know of is the safer moment where it is the earlier one: of what
    came later, nothing is here. Said again of the same backup, it is so already.

    :raises RestoredInFuture: if that moment has yet to come
    :raises EpochBegun: if another run began an epoch at the same time
    """
    if restored_to > now:
        raise RestoredInFuture
    age = queries.current_age()
    since = min(restored_to, queries.last_push() or restored_to)
    # A backup that was made in this age is another one, be its last push the same.
    if age.began_at is not None and restored_to <= age.began_at and age.restored_to == since:
        return age
    return _add(Age(age.number + 1, since, now), by=by, now=now)


def _add(age: Age, *, by: str, now: datetime) -> Age:
    row = {**age._asdict(), "by": by}
    added = insert(Epoch).values(row).on_conflict_do_nothing().returning(Epoch.number)
    if db.session.execute(added).first() is None:
        raise EpochBegun
    audit.record(
        "sync_epoch_begun",
        by_id=None,
        at=now,
        subject_kind="sync_epoch",
        subject_id=str(age.number),
        details={"restored_to": f"{age.restored_to:%Y-%m-%dT%H:%M:%SZ}", "by": by},
    )
    return age
