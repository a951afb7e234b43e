"""The words of attachments."""

from __future__ import annotations

from enum import StrEnum


class AttachmentStatus(StrEnum):
    """How far an attachment has come: its bytes are on their way, here, or not wanted."""

    RECEIVING = "receiving"
    KEPT = "kept"
    REFUSED = "refused"


class Refusal(StrEnum):
    """Why the content of an attachment is not kept. Sent again, it would be the same."""

    BARRED = "barred"
    TYPE = "type_not_allowed"
    UNREADABLE = "picture_unreadable"
    TOO_MANY_PIXELS = "too_many_pixels"
