"""Take in the bytes of a file, piece by piece. No transaction is held while they come.

A piece goes into the store as an object of its own; only then is its row written, and with it the
offset moves on. Whoever loses a race for an offset leaves an object that nobody knows: swept.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

import sqlalchemy as sa

from crm_api.attachments import policies, queries
from crm_api.attachments.errors import ContentDiffers, OffsetMismatch
from crm_api.attachments.models import AttachmentPiece
from crm_api.attachments.service.discarding import discard
from crm_api.attachments.service.finishing import finish
from crm_api.attachments.stores import current_store
from crm_api.kit.db import db
from crm_api.kit.transactions import end_reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.attachments.models import Attachment
    from crm_api.attachments.values import Upload
    from crm_api.kit.segments import Segment

KEPT_IN_MEMORY = 1024 * 1024
BLOCK = 256 * 1024


def receive_content(
    attachment_id: str, segment: Segment, *, by: Actor, now: datetime
) -> Attachment:
    """Take a piece of a file, or all of it; what came before is not counted twice.

    :raises NotFound: if the attachment is not the actor's
    :raises OffsetMismatch: if the piece leaves a gap, or another took its place meanwhile
    :raises PieceTooSmall: if it is tiny, and not the last
    :raises DigestMismatch: if the whole is not what was announced; it begins anew
    :raises ContentRefused: if the whole is of a kind that is not kept
    :raises ContentDiffers: if the attachment is whole, with other bytes
    """
    upload = queries.get_upload(attachment_id, by=by)
    policies.require_fitting(segment, upload)
    end_reading()
    with _scratch() as file:
        count = segment.copy_to(file, at_most=upload.byte_size - segment.start)
        end = segment.start + count
        if upload.is_whole:
            _require_same(file, upload, start=segment.start)
        elif end == upload.byte_size:
            _skip(file, upload.received_bytes - segment.start)
            finish(upload, file, by=by, now=now)
        elif policies.goes_on(upload, start=segment.start, end=end):
            _skip(file, upload.received_bytes - segment.start)
            _keep_piece(upload, file, end=end, by=by, now=now)
    return queries.get_own(attachment_id, by=by)


@contextmanager
def _scratch() -> Iterator[IO[bytes]]:
    with tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY) as file:
        yield file


def _skip(file: IO[bytes], known: int) -> None:
    """Leave out what was received before, by moving the rest to the front."""
    if known == 0:
        return
    with _scratch() as rest:
        file.seek(known)
        shutil.copyfileobj(file, rest, BLOCK)
        rest.seek(0)
        file.seek(0)
        file.truncate()
        shutil.copyfileobj(rest, file, BLOCK)


def _require_same(file: IO[bytes], upload: Upload, *, start: int) -> None:
    assert upload.key is not None  # noqa: S101 - a whole one has its file
    file.seek(0)
    with current_store().open(upload.key) as kept:
        kept.seek(start)
        while block := file.read(BLOCK):
            if kept.read(len(block)) != block:
                raise ContentDiffers


def _keep_piece(upload: Upload, file: IO[bytes], *, end: int, by: Actor, now: datetime) -> None:
    key = policies.piece_key(upload.id)
    current_store().put(key, file)
    attachment = queries.get_own(upload.id, by=by, for_change=True)
    if attachment.received_bytes != upload.received_bytes or attachment.file is not None:
        expected = attachment.received_bytes
        raise OffsetMismatch(expected=expected, remember=lambda: discard([key], now=now))
    piece = {"start": upload.received_bytes, "byte_count": end - upload.received_bytes}
    values = {"attachment_id": upload.id, "key": key, "created_at": now, **piece}
    db.session.execute(sa.insert(AttachmentPiece).values(values))
    attachment.received_bytes = end
