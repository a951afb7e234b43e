"""Reads of epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from crm_api.kit.db import db
from crm_api.sync.models import Epoch, Phone

if TYPE_CHECKING:
    from datetime import datetime


class Age(NamedTuple):
    """Which age of the data this is, and what it was restored to, unless it is the first one."""

    number: int = 1
    restored_to: datetime | None = None
    began_at: datetime | None = None


def current_age() -> Age:
    """Return the age of the data: before any restored backup the first, which has no row."""
    known = sa.select(Epoch.number, Epoch.restored_to, Epoch.began_at)
    row = db.session.execute(known.order_by(Epoch.number.desc()).limit(1)).first()
    return Age(*row) if row else Age()


def lost_since(seen_epoch: int) -> datetime | None:
    """Return since when something may be lost that was sent in an epoch: there may be several."""
    later = sa.select(sa.func.min(Epoch.restored_to)).where(Epoch.number > seen_epoch)
    return db.session.scalar(later)


def last_push() -> datetime | None:
    """Return when the last push came that these data know of."""
    return db.session.scalar(sa.select(sa.func.max(Phone.last_pushed_at)))


def count_unaware() -> int:
    """Return how many phones have yet to learn of the newest epoch, and may still sync."""
    waiting = sa.select(sa.func.count()).where(
        Phone.revoked_at.is_(None), Phone.seen_epoch < current_age().number
    )
    return db.session.scalar(waiting) or 0
