"""Private calendar feeds."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.kit.db import Model, Versioned
from crm_api.kit.succession import STAYS
from crm_api.kit.types import RecordId, enum_column
from crm_api.visits.calendar.terms import Shown


class CalendarFeed(Versioned, Model):
    """An address that shows one person's visits to whoever knows it; of its token, the digest.

    After a rotation the address before goes on for a while, so that no calendar falls silent.
    """

    __tablename__ = "calendar_feeds"
    __table_args__ = (sa.Index("ix_calendar_feeds_owner_id_id", "owner_id", "id"),)

    owner_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"), info=STAYS)
    label: Mapped[str] = mapped_column(default="")
    shows: Mapped[Shown] = mapped_column(enum_column(Shown), default=Shown.TIMES)
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    previous_digest: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    previous_until: Mapped[datetime | None]
    rotated_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    def rotate(self, digest: str, *, overlap_until: datetime, at: datetime) -> None:
        """Give the feed another address; the one before goes on until then."""
        self.previous_digest, self.previous_until = self.digest, overlap_until
        self.digest, self.rotated_at = digest, at

    def revoke(self, *, at: datetime) -> bool:
        """Let the feed end now; tell whether that is news."""
        is_news = self.revoked_at is None
        self.revoked_at = self.revoked_at or at
        return is_news
