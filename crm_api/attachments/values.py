"""What one room of attachments hands another."""

from __future__ import annotations

from dataclasses import dataclass

from crm_api.attachments.terms import AttachmentStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An attachment as it was before its bytes were read. No row: reading holds no transaction."""

    id: str
    digest: str
    byte_size: int
    received_bytes: int
    status: AttachmentStatus
    refused_because: str | None
    key: str | None

    @property
    def is_whole(self) -> bool:
        """Whether nothing more is to come."""
        return self.status is AttachmentStatus.KEPT

    @property
    def progress(self) -> dict[str, str]:
        """How far it has come, in the field names of the IETF's resumable uploads."""
        return {
            "Upload-Offset": str(self.received_bytes),
            "Upload-Length": str(self.byte_size),
            "Upload-Complete": "?1" if self.is_whole else "?0",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """What a file turned out to be."""

    media_type: str
    width: int | None = None
    height: int | None = None
    thumbnail: bytes | None = None
