"""The words of a visit's files."""

from __future__ import annotations

from enum import StrEnum


class AttachmentKind(StrEnum):
    """What a file is to a visit."""

    PHOTO = "photo"
    SIGNATURE = "signature"
    DOCUMENT = "document"
