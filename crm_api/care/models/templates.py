"""What is written to customers: templates, and their versions."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm_api.care.errors import NotADraft, NotAwaitingApproval, OwnTemplate
from crm_api.care.terms import Occasion, TemplateStatus
from crm_api.customers.terms import Category
from crm_api.kit.db import Model, Record, Versioned
from crm_api.kit.types import RecordId, enum_column

MAY_BE_SENT = sa.text("status = 'approved'")


class CareTemplate(Record, Model):
    """What may be said on an occasion. Its words stand in its versions."""

    __tablename__ = "care_templates"
    __table_args__ = (sa.Index(None, "occasion", "festival_key"),)

    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    occasion: Mapped[Occasion] = mapped_column(enum_column(Occasion))
    festival_key: Mapped[str | None] = mapped_column(sa.String(64))
    category: Mapped[Category] = mapped_column(enum_column(Category))
    # What it says besides, where it is made for two occasions that fall on one day.
    also_occasion: Mapped[Occasion | None] = mapped_column(enum_column(Occasion))
    also_festival_key: Mapped[str | None] = mapped_column(sa.String(64))

    versions: Mapped[list[CareTemplateVersion]] = relationship(
        lazy="raise_on_sql", order_by="CareTemplateVersion.number"
    )


class CareTemplateVersion(Versioned, Model):
    """The words of a template, which two people answer for before they reach a customer."""

    __tablename__ = "care_template_versions"
    __table_args__ = (
        sa.UniqueConstraint("template_id", "number"),
        sa.CheckConstraint(
            "status NOT IN ('approved', 'retired')"
            " OR (approved_by_id IS NOT NULL AND approved_by_id <> submitted_by_id"
            " AND approved_by_id <> drafted_by_id)",
            name="approved_by_a_second_person",
        ),
        sa.Index(
            "uq_care_template_versions_approved",
            "template_id",
            unique=True,
            sqlite_where=MAY_BE_SENT,
            postgresql_where=MAY_BE_SENT,
        ),
    )

    template_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("care_templates.id"))
    number: Mapped[int]
    text: Mapped[str]
    status: Mapped[TemplateStatus] = mapped_column(enum_column(TemplateStatus))
    drafted_by_id: Mapped[RecordId]
    submitted_by_id: Mapped[RecordId | None]
    submitted_at: Mapped[datetime | None]
    approved_by_id: Mapped[RecordId | None]
    approved_at: Mapped[datetime | None]

    def submit(self, *, by_id: str, at: datetime) -> None:
        """Offer the draft for approval; from here on its words are fixed."""
        if self.status is not TemplateStatus.DRAFT:
            raise NotADraft(status=self.status)
        self.status = TemplateStatus.SUBMITTED
        self.submitted_by_id = by_id
        self.submitted_at = at

    def approve(self, *, by_id: str, at: datetime) -> None:
        """Let it reach customers, on the word of somebody who did not write it."""
        if self.status is not TemplateStatus.SUBMITTED:
            raise NotAwaitingApproval(status=self.status)
        if by_id in (self.drafted_by_id, self.submitted_by_id):
            raise OwnTemplate
        self.status = TemplateStatus.APPROVED
        self.approved_by_id = by_id
        self.approved_at = at

    def retire(self) -> None:
        """Send it no more: a newer version took its place."""
        self.status = TemplateStatus.RETIRED
