"""What is written to customers: templates, and their versions."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm_api.care.errors import NotADraft, NotAwaitingApproval, OwnTemplate, VersionEnded
from crm_api.care.terms import Occasion, TemplateStatus
from crm_api.customers.terms import Category
from crm_api.kit.db import Model, Record, Versioned
from crm_api.kit.types import RecordId, enum_column

ENDS_AS = {
    TemplateStatus.DRAFT: TemplateStatus.WITHDRAWN,
    TemplateStatus.SUBMITTED: TemplateStatus.WITHDRAWN,
    TemplateStatus.APPROVED: TemplateStatus.RETIRED,
}
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
    # For whom it is made; None is everybody.
    tiers: Mapped[list[str] | None]
    styles: Mapped[list[str] | None]
    retired_at: Mapped[datetime | None]

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
    # How it ended otherwise than by a newer version: sent back, taken back, or out of use.
    ended_by_id: Mapped[RecordId | None]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None]

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

    def end(self, *, by_id: str, at: datetime, because: str) -> TemplateStatus:
        """Take it out of the way for good: out of use where it was approved, else withdrawn.

        :raises VersionEnded: if it came to an end before
        """
        if self.status not in ENDS_AS:
            raise VersionEnded(status=self.status)
        self.status = ENDS_AS[self.status]
        self.ended_by_id, self.ended_at, self.ended_because = by_id, at, because
        return self.status

    def reject(self, *, by_id: str, at: datetime, because: str) -> None:
        """Send it back to its author, who drafts a new version.

        :raises NotAwaitingApproval: if it was not submitted
        """
        if self.status is not TemplateStatus.SUBMITTED:
            raise NotAwaitingApproval(status=self.status)
        self.end(by_id=by_id, at=at, because=because)
        self.status = TemplateStatus.REJECTED
