"""What a file is to a visit."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm_api.attachments.models import Attachment
from crm_api.kit.db import Model
from crm_api.kit.types import RecordId, enum_column
from crm_api.visits.attachments.terms import AttachmentKind


class VisitAttachment(Model):
    """A file that tells of a visit: a photo, a signature, a document that was left or brought."""

    __tablename__ = "visit_attachments"
    __table_args__ = (sa.Index(None, "visit_id", "created_at", "attachment_id"),)

    attachment_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("attachments.id"), primary_key=True
    )
    visit_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("visits.id"))
    by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
    created_at: Mapped[datetime]
    kind: Mapped[AttachmentKind] = mapped_column(enum_column(AttachmentKind))
    caption: Mapped[str]
    signed_by: Mapped[str | None]

    attachment: Mapped[Attachment] = relationship(viewonly=True, lazy="raise_on_sql")
