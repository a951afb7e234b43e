"""Attachments, the files behind them, and the pieces that files arrive in."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm_api.attachments.errors import AttachmentInUse
from crm_api.attachments.terms import AttachmentStatus
from crm_api.kit.db import Model, Record
from crm_api.kit.types import RecordId, enum_column

LOOSE = sa.text("attached_at IS NULL")
Digest = sa.String(64)
FileName = sa.String(200)


class StoredFile(Record, Model):
    """One content, kept once however many attachments show it.

    Its key in the store is its digest and a name of its own: a content that is swept and comes
    back at that moment has another key, so that its bytes are never taken with the old ones.
    """

    __tablename__ = "stored_files"

    digest: Mapped[str] = mapped_column(Digest, unique=True)
    byte_size: Mapped[int] = mapped_column(sa.BigInteger)
    media_type: Mapped[str] = mapped_column(sa.String(100))
    width: Mapped[int | None]
    height: Mapped[int | None]
    key: Mapped[str] = mapped_column(unique=True)
    thumbnail_key: Mapped[str | None] = mapped_column(unique=True)


class Attachment(Record, Model):
    """A file that somebody brings: announced with its digest, then received in pieces."""

    __tablename__ = "attachments"
    __table_args__ = (
        sa.Index(None, "uploaded_by_id", "created_at", "id"),
        sa.Index(None, "stored_file_id"),
        sa.Index(
            "ix_attachments_loose",
            "uploaded_by_id",
            "created_at",
            sqlite_where=LOOSE,
            postgresql_where=LOOSE,
        ),
        sa.CheckConstraint(
            "(status = 'kept') = (stored_file_id IS NOT NULL)", name="kept_has_its_file"
        ),
    )

    uploaded_by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
    file_name: Mapped[str] = mapped_column(FileName)
    digest: Mapped[str] = mapped_column(Digest)
    byte_size: Mapped[int] = mapped_column(sa.BigInteger)
    received_bytes: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    status: Mapped[AttachmentStatus] = mapped_column(
        enum_column(AttachmentStatus), default=AttachmentStatus.RECEIVING
    )
    refused_because: Mapped[str | None] = mapped_column(sa.String(32))
    stored_file_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("stored_files.id"))
    kept_at: Mapped[datetime | None]
    attached_at: Mapped[datetime | None]

    file: Mapped[StoredFile | None] = relationship(lazy="raise_on_sql", viewonly=True)

    @property
    def media_type(self) -> str | None:
        """What the content is; its name and its sender are not asked."""
        return None if self.file is None else self.file.media_type

    @property
    def width(self) -> int | None:
        """How wide a picture is, in pixels."""
        return None if self.file is None else self.file.width

    @property
    def height(self) -> int | None:
        """How high a picture is, in pixels."""
        return None if self.file is None else self.file.height

    @property
    def has_thumbnail(self) -> bool:
        """Whether there is a small picture of it."""
        return self.file is not None and self.file.thumbnail_key is not None

    def attach(self, *, at: datetime) -> None:
        """Note that it belongs to something from now on.

        :raises AttachmentInUse: if it does already
        """
        if self.attached_at is not None:
            raise AttachmentInUse
        self.attached_at = at

    def detach(self) -> None:
        """Note that it is loose again, and will be swept in time."""
        self.attached_at = None


class AttachmentPiece(Model):
    """A run of bytes that arrived: kept apart, so that nothing that is stored is ever changed."""

    __tablename__ = "attachment_pieces"

    attachment_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("attachments.id"), primary_key=True
    )
    start: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    byte_count: Mapped[int] = mapped_column(sa.BigInteger)
    key: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(index=True)


class DiscardedContent(Model):
    """Bytes in the store that nobody needs: noted with the change itself, deleted by the sweep."""

    __tablename__ = "discarded_contents"

    key: Mapped[str] = mapped_column(primary_key=True)
    discarded_at: Mapped[datetime]
