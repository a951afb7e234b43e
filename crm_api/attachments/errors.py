"""What may be refused about attachments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.kit.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Callable

    from crm_api.attachments.terms import Refusal


class OffsetMismatch(DomainError):
    """A piece of a file does not begin where the last one ended."""

    code = "upload_offset_mismatch"

    def __init__(self, *, expected: int, remember: Callable[[], None] | None = None) -> None:
        super().__init__(
            "Go on from `expected_offset`, which HEAD tells as well.",
            remember=remember,
            expected_offset=expected,
        )


class PieceTooSmall(DomainError):
    """A file of very many pieces costs more than it is worth."""

    status = 422
    code = "upload_piece_too_small"

    def __init__(self, *, smallest: int) -> None:
        super().__init__(
            "Send larger pieces; only the one that ends the file may be smaller.",
            smallest_bytes=smallest,
        )


class DigestMismatch(DomainError):
    """What arrived is not what was announced: it was damaged on the way, or is another file."""

    status = 422
    code = "digest_mismatch"

    def __init__(self, *, remember: Callable[[], None] | None = None) -> None:
        super().__init__(
            "The bytes are not those of the digest. Ask HEAD for the offset, and send them again.",
            remember=remember,
        )


class ContentRefused(DomainError):
    """The file is of a kind that is not kept here, whatever its name says."""

    status = 422
    code = "content_refused"

    def __init__(self, because: Refusal, *, remember: Callable[[], None] | None = None) -> None:
        super().__init__(
            "This file is not kept: see `refused_because`.",
            remember=remember,
            refused_because=because.value,
        )


class ContentDiffers(DomainError):
    """The attachment is whole already, with other bytes."""

    code = "content_differs"

    def __init__(self) -> None:
        super().__init__("These are not the bytes that were kept. Make a new attachment.")


class NotYetWhole(DomainError):
    """The bytes of an attachment have not all arrived."""

    code = "content_not_whole"

    def __init__(self, *, received_bytes: int, byte_size: int) -> None:
        super().__init__(
            "The file has not arrived as a whole.",
            received_bytes=received_bytes,
            byte_size=byte_size,
        )


class AttachmentInUse(DomainError):
    """An attachment belongs to one thing only, and goes when that lets go of it."""

    code = "attachment_in_use"

    def __init__(self) -> None:
        super().__init__("The attachment belongs to something already.")


class TooManyLoose(DomainError):
    """Somebody uploads and uploads, and attaches nothing."""

    code = "too_many_loose_attachments"

    def __init__(self, *, most: int) -> None:
        super().__init__("Attach or delete what you uploaded before.", most=most)


class StorageUnavailable(DomainError):
    """The folder or bucket does not answer, or is full."""

    status = 503
    code = "storage_unavailable"

    def __init__(self) -> None:
        super().__init__("Files cannot be kept or fetched now. Repeat the request.", retry_after=5)
