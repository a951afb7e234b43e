"""Covers, past, present and to come."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.kit.db import Model, Versioned
from crm_api.kit.succession import STAYS
from crm_api.kit.types import RecordId


class Cover(Versioned, Model):
    """A colleague looks after an absent one's portfolio, from one moment until another.

    It returns by itself: the sign-in check asks for the covers of its own moment.
    """

    __tablename__ = "covers"
    __table_args__ = (
        sa.Index(None, "stand_in_id", "ends_at"),
        sa.Index(None, "absent_id", "ends_at"),
        sa.CheckConstraint("ends_at >= starts_at", name="ends_after_it_starts"),
        sa.CheckConstraint("absent_id <> stand_in_id", name="two_people"),
    )

    absent_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"), info=STAYS)
    stand_in_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"), info=STAYS)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str]
    by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("staff.id"))

    def end(self, *, by_id: str, at: datetime) -> None:
        """Let it end now, or never begin."""
        self.starts_at, self.ends_at = min(self.starts_at, at), at
        self.ended_at, self.ended_by_id = at, by_id
