"""Machine clients and their keys."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.accounts.models import ClientKey
from crm_api.kit.db import db

if TYPE_CHECKING:
    from datetime import datetime

USE_IS_NOTED_EVERY = timedelta(minutes=1)


def note_key_use(key_id: str, *, now: datetime) -> None:
    """Remember that a key was used, at most once a minute, so that idle keys can be told."""
    stale = sa.or_(
        ClientKey.last_used_at.is_(None), ClientKey.last_used_at < now - USE_IS_NOTED_EVERY
    )
    use = sa.update(ClientKey).where(ClientKey.id == key_id, stale)
    db.session.execute(use.values(last_used_at=now))
