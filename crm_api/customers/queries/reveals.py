"""How much somebody has had revealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.audit.models import AuditEntry
from crm_api.kit.db import db

if TYPE_CHECKING:
    from datetime import datetime

REVEALED = "customer.revealed"


def count_reveals(*, by_id: str, since: datetime) -> int:
    """Return how many numbers and documents somebody has had revealed since a moment."""
    statement = (
        sa.select(sa.func.count())
        .select_from(AuditEntry)
        .where(
            AuditEntry.by_id == by_id,
            AuditEntry.created_at >= since,
            AuditEntry.action == REVEALED,
        )
    )
    return db.session.scalar(statement) or 0
