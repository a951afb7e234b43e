"""Saved filters, and what they said before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.kit.db import Model, Versioned
from crm_api.kit.succession import STAYS
from crm_api.kit.types import RecordId


class Segment(Versioned, Model):
    """A filter over the customers of a team and all beneath it, under a name.

    Who is in it follows from the filter at the moment of asking: nobody is kept in a list. One that
    is binding is named by rules for its customers: what it asks is an administrator's to change.
    """

    __tablename__ = "segments"
    __table_args__ = (sa.Index("ix_segments_team_id_id", "team_id", "id"),)

    team_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("teams.id"))
    owner_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"), index=True, info=STAYS)
    is_shared: Mapped[bool] = mapped_column(default=True)
    is_binding: Mapped[bool] = mapped_column(default=False)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    criteria: Mapped[dict[str, Any]]


class SegmentVersion(Model):
    """What a segment said under one version; it goes with the segment only."""

    __tablename__ = "segment_versions"

    segment_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("segments.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    criteria: Mapped[dict[str, Any]]
    by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
    created_at: Mapped[datetime]


class SegmentTag(Model):
    """That a segment names a tag: while it does, the tag stays."""

    __tablename__ = "segment_tags"

    segment_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("segments.id", ondelete="CASCADE"), primary_key=True
    )
    tag_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("tags.id"), primary_key=True, index=True)
