"""Rules about pieces of files. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.attachments.errors import ContentRefused, OffsetMismatch, PieceTooSmall
from crm_api.attachments.terms import Refusal
from crm_api.kit.errors import Invalid
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Collection

    from crm_api.attachments.values import Upload
    from crm_api.kit.segments import Segment

# 20 MiB in pieces of this size are 1,280 rows and objects.
SMALLEST_PIECE = 16 * 1024
MOST_LOOSE = 200
RANGE = "/headers/Content-Range"


def require_fitting(segment: Segment, upload: Upload) -> None:
    """Make sure that a piece goes on where the file stands, before any byte of it is read.

    One that begins earlier is a repeat, as far as it overlaps.

    :raises Invalid: if it speaks of a file of another size
    :raises OffsetMismatch: if it leaves a gap
    :raises ContentRefused: if the content was refused already
    """
    if upload.refused_because is not None:
        raise ContentRefused(Refusal(upload.refused_because))
    if segment.total not in (None, upload.byte_size):
        raise Invalid(RANGE, f"The file was announced with {upload.byte_size} bytes.")
    if segment.start > upload.received_bytes and not upload.is_whole:
        raise OffsetMismatch(expected=upload.received_bytes)


def goes_on(upload: Upload, *, start: int, end: int) -> bool:
    """Tell whether a piece, not the last one, brings enough that is new to be kept.

    A repeat that reaches a little further is a repeat: its sender learns where to go on.

    :raises PieceTooSmall: if it is no repeat, and tiny
    """
    is_large_enough = end - upload.received_bytes >= SMALLEST_PIECE
    if not is_large_enough and start == upload.received_bytes:
        raise PieceTooSmall(smallest=SMALLEST_PIECE)
    return is_large_enough


def require_not_barred(digest: str, *, barred: Collection[str]) -> None:
    """Make sure that a file is none of those known to do harm.

    :raises ContentRefused: if it is
    """
    if digest in barred:
        raise ContentRefused(Refusal.BARRED)


def piece_key(attachment_id: str) -> str:
    """Return a new key for a piece of a file."""
    return f"pieces/{attachment_id}/{new_id()}"


def file_key(digest: str) -> str:
    """Return a new key for a whole file: found by its content, and unlike any before."""
    return f"files/{digest[:2]}/{digest}.{new_id()}"


def thumbnail_key(digest: str) -> str:
    """Return a new key for the small picture of a file."""
    return f"thumbnails/{digest[:2]}/{digest}.{new_id()}"
