"""Entries of the library, and their words."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm_api.customers.terms import CommunicationStyle
from crm_api.kit.db import Model, Record, Versioned
from crm_api.kit.types import RecordId, enum_column
from crm_api.preparation.library.errors import NotProposed, OwnProposal
from crm_api.preparation.library.terms import EntryKind, Situation, VersionStatus

IN_USE = sa.text("status = 'approved'")


class LibraryEntry(Record, Model):
    """Something to say or to leave unsaid, in a situation, to people of a style or to anybody.

    What it is for is settled when it is made: whoever approves its words approves that as well.
    """

    __tablename__ = "library_entries"
    __table_args__ = (sa.Index(None, "situation", "kind"),)

    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    kind: Mapped[EntryKind] = mapped_column(enum_column(EntryKind))
    situation: Mapped[Situation] = mapped_column(enum_column(Situation))
    style: Mapped[CommunicationStyle | None] = mapped_column(enum_column(CommunicationStyle))
    retired_at: Mapped[datetime | None]

    versions: Mapped[list[LibraryVersion]] = relationship(
        lazy="raise_on_sql", order_by="LibraryVersion.number"
    )


class LibraryVersion(Versioned, Model):
    """The words of an entry, which two people answer for before they reach a brief."""

    __tablename__ = "library_versions"
    __table_args__ = (
        sa.UniqueConstraint("entry_id", "number"),
        sa.CheckConstraint(
            "status <> 'approved'"
            " OR (approved_by_id IS NOT NULL AND approved_by_id <> proposed_by_id)",
            name="approved_by_a_second_person",
        ),
        sa.Index(None, "status", "created_at", "id"),
        sa.Index(
            "uq_library_versions_in_use",
            "entry_id",
            unique=True,
            sqlite_where=IN_USE,
            postgresql_where=IN_USE,
        ),
    )

    entry_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("library_entries.id"))
    number: Mapped[int]
    text: Mapped[str]
    do: Mapped[list[str]]
    avoid: Mapped[list[str]]
    status: Mapped[VersionStatus] = mapped_column(enum_column(VersionStatus))
    proposed_by_id: Mapped[RecordId]
    approved_by_id: Mapped[RecordId | None]
    approved_at: Mapped[datetime | None]
    # How it ended otherwise than by a newer version: sent back, taken back, or out of use.
    ended_by_id: Mapped[RecordId | None]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None]

    def approve(self, *, by_id: str, at: datetime) -> None:
        """Let it reach briefs, on the word of somebody who did not write it.

        :raises NotProposed: if it is settled
        :raises OwnProposal: if its author asks
        """
        self._require_proposed()
        if by_id == self.proposed_by_id:
            raise OwnProposal
        self.status = VersionStatus.APPROVED
        self.approved_by_id, self.approved_at = by_id, at

    def settle(self, status: VersionStatus, *, by_id: str, at: datetime, because: str) -> None:
        """Send a proposal back, or take it back.

        :raises NotProposed: if it is settled
        """
        self._require_proposed()
        self._end(status, by_id=by_id, at=at, because=because)

    def retire(self, *, by_id: str, at: datetime, because: str | None) -> None:
        """Say it no more: a newer version took its place, or the whole entry is out of use."""
        self._end(VersionStatus.RETIRED, by_id=by_id, at=at, because=because)

    def _end(self, status: VersionStatus, *, by_id: str, at: datetime, because: str | None) -> None:
        self.status = status
        self.ended_by_id, self.ended_at, self.ended_because = by_id, at, because

    def _require_proposed(self) -> None:
        if self.status is not VersionStatus.PROPOSED:
            raise NotProposed(status=self.status)
