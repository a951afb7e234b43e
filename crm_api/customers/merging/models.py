"""What was merged, and each row that this touched: all that an undo needs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.customers.merging.terms import RowChange
from crm_api.kit.db import Model, Record
from crm_api.kit.succession import STAYS
from crm_api.kit.types import Json, RecordId, enum_column


class Merge(Record, Model):
    """One customer that went on as part of another, until it was taken back."""

    __tablename__ = "customer_merges"
    __table_args__ = (
        sa.CheckConstraint("survivor_id <> merged_id", name="two_customers"),
        sa.Index(None, "survivor_id", "id"),
        sa.Index(None, "merged_id", "id"),
    )

    survivor_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("customers.id"), info=STAYS)
    merged_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("customers.id"), info=STAYS)
    reason: Mapped[str]
    by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
    undo_until: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("staff.id"))
    undo_reason: Mapped[str | None]

    def undo(self, *, by_id: str, reason: str, at: datetime) -> None:
        """Note that it was taken back."""
        self.undone_at, self.undone_by_id, self.undo_reason = at, by_id, reason


class MergedRow(Model):
    """One row that a merge moved, changed, took away or added, as it was and as it became.

    Values are kept as documents; what is encrypted at rest is so here as well.
    """

    __tablename__ = "customer_merge_rows"

    merge_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("customer_merges.id"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    table_name: Mapped[str] = mapped_column(sa.String(63))
    key: Mapped[dict[str, Any]] = mapped_column(Json)
    change: Mapped[RowChange] = mapped_column(enum_column(RowChange))
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    after: Mapped[dict[str, Any] | None] = mapped_column(Json)
