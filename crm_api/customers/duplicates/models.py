"""Pairs of customers who may be one."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.customers.duplicates.terms import DuplicateState
from crm_api.kit.db import Model, Record
from crm_api.kit.succession import BY_RULE
from crm_api.kit.types import RecordId, enum_column


class Duplicate(Record, Model):
    """Two customers who look like one. Once dismissed, the pair is never raised again."""

    __tablename__ = "customer_duplicates"
    __table_args__ = (
        sa.UniqueConstraint("first_id", "second_id"),
        sa.CheckConstraint("first_id < second_id", name="in_order"),
        sa.Index(None, "second_id"),
        sa.Index(None, "state", "score", "id"),
    )

    first_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("customers.id"), info=BY_RULE)
    second_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("customers.id"), info=BY_RULE)
    score: Mapped[int]
    reasons: Mapped[list[str]]
    state: Mapped[DuplicateState] = mapped_column(
        enum_column(DuplicateState), default=DuplicateState.OPEN
    )
    dismissed_by_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("staff.id"))
    dismissed_at: Mapped[datetime | None]
    dismissal_reason: Mapped[str | None]

    def dismiss(self, *, by_id: str, reason: str, at: datetime) -> None:
        """Note that they are two. Who found so first stays on record."""
        self.state = DuplicateState.DISMISSED
        self.dismissed_by_id, self.dismissal_reason, self.dismissed_at = by_id, reason, at
