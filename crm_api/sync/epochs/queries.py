"""Reads of epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from crm_api.kit.db import db
from crm_api.sync.models import Epoch

if TYPE_CHECKING:
    from datetime import datetime


class Age(NamedTuple):
    """Which age of the data this is, and what it was restored to, unless it is the first one."""

    number: int = 1
    restored_to: datetime | None = None


def current_age() -> Age:
    """Return the age of the data: before any restored backup the first, which has no row."""
    newest = sa.select(Epoch.number, Epoch.restored_to).order_by(Epoch.number.desc()).limit(1)
    row = db.session.execute(newest).first()
    return Age(row.number, row.restored_to) if row else Age()
