"""The audit trail's one table."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.kit.db import Model, Record
from crm_api.kit.succession import STAYS
from crm_api.kit.types import RecordId


class AuditEntry(Record, Model):
    """One act that somebody may have to answer for. Triggers refuse to change or delete it."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        sa.Index(None, "created_at", "id"),
        sa.Index(None, "subject_id", "created_at", "id"),
        sa.Index(None, "by_id", "created_at", "id"),
    )

    action: Mapped[str] = mapped_column(sa.String(64))
    # No foreign key: a trail outlives what it tells of, and knows no floor above it.
    by_id: Mapped[RecordId | None]
    subject_kind: Mapped[str] = mapped_column(sa.String(32))
    subject_id: Mapped[RecordId] = mapped_column(info=STAYS)
    details: Mapped[dict[str, Any]]
