"""Briefs as they were read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.kit.db import Model, Record
from crm_api.kit.types import RecordId

WITHDRAWN = "withdrawn_at IS NOT NULL"


class Brief(Record, Model):
    """What somebody knew when going to a customer: frozen, never edited."""

    __tablename__ = "briefs"
    __table_args__ = (
        sa.UniqueConstraint("visit_id", "digest"),
        sa.Index(
            "ix_briefs_withdrawn",
            "visit_id",
            postgresql_where=sa.text(WITHDRAWN),
            sqlite_where=sa.text(WITHDRAWN),
        ),
    )

    visit_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("visits.id"))
    digest: Mapped[str] = mapped_column(sa.String(64))
    by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
    content: Mapped[dict[str, Any]]
    # When it came to be so again, after another one was kept.
    again_at: Mapped[datetime | None]
    # Since when it is no phone's: it names somebody who changed hands. Who composes the next one
    # replaces it; where that says the same, all is again as it was.
    withdrawn_at: Mapped[datetime | None]


def last_said(briefs: Any) -> sa.ColumnElement[datetime]:
    """Return since when a brief of this table says how things stand: of a visit, the last does."""
    return sa.func.coalesce(briefs.c.again_at, briefs.c.created_at)


def is_newest(briefs: Any) -> sa.ColumnElement[bool]:
    """Return the condition that a brief of this table is the last one of its visit, and stands.

    Where the last one was withdrawn, the visit has none: those before it are out of date as well.
    """
    newer = Brief.__table__.alias("newer")
    later = sa.tuple_(last_said(newer), newer.c.id) > sa.tuple_(last_said(briefs), briefs.c.id)
    is_last = ~sa.exists().where(newer.c.visit_id == briefs.c.visit_id, later)
    return sa.and_(briefs.c.withdrawn_at.is_(None), is_last)
