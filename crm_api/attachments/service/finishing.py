"""The last piece came: put the whole together, see that it is what was announced, and keep it."""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
from contextlib import contextmanager
from functools import partial
from typing import IO, TYPE_CHECKING

from crm_api import config
from crm_api.attachments import policies, queries
from crm_api.attachments.errors import ContentRefused, DigestMismatch
from crm_api.attachments.inspecting import inspect
from crm_api.attachments.models import Attachment, StoredFile
from crm_api.attachments.service.discarding import discard, drop_pieces
from crm_api.attachments.stores import current_store
from crm_api.attachments.terms import AttachmentStatus
from crm_api.kit.db import db
from crm_api.kit.errors import Busy
from crm_api.kit.ids import new_id
from crm_api.kit.transactions import end_reading
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.attachments.values import Inspected, Upload

BLOCK = 256 * 1024


def finish(upload: Upload, last: IO[bytes], *, by: Actor, now: datetime) -> None:
    """Keep the file whose last piece is at hand.

    What is refused is refused for good, and remembered; damaged bytes are forgotten, so that they
    can be sent again.
    """
    known = queries.is_file_kept(upload.digest)
    keys = queries.piece_keys(upload.id) if upload.received_bytes else ()
    end_reading()
    with _together(keys, last) as whole:
        _require_announced(whole, upload, now=now)
        found = _inspect(whole, upload, now=now)
        stored = None if known else _store(whole, upload.digest, found)
    _note_kept(upload, stored, by=by, now=now)


@contextmanager
def _together(keys: Sequence[str], last: IO[bytes]) -> Iterator[IO[bytes]]:
    if not keys:
        yield last
        return
    store = current_store()
    with tempfile.TemporaryFile() as whole:
        for key in keys:
            with store.open(key) as piece:
                shutil.copyfileobj(piece, whole, BLOCK)
        last.seek(0)
        shutil.copyfileobj(last, whole, BLOCK)
        yield whole


def _require_announced(whole: IO[bytes], upload: Upload, *, now: datetime) -> None:
    whole.seek(0)
    if hashlib.file_digest(whole, "sha256").hexdigest() != upload.digest:  # type: ignore[arg-type]
        raise DigestMismatch(remember=partial(_begin_anew, upload.id, now=now))


def _inspect(whole: IO[bytes], upload: Upload, *, now: datetime) -> Inspected:
    settings = config.current()
    try:
        policies.require_not_barred(upload.digest, barred=settings.barred_digests)
        return inspect(
            whole, allowed=settings.attachment_types, most_pixels=settings.max_photo_pixels
        )
    except ContentRefused as refusal:
        because = refusal.details["refused_because"]
        refusal.remember = partial(_refuse, upload.id, because=because, now=now)
        raise


def _store(whole: IO[bytes], digest: str, found: Inspected) -> dict[str, object]:
    store = current_store()
    key, thumbnail_key = policies.file_key(digest), None
    store.put(key, whole)
    if found.thumbnail is not None:
        thumbnail_key = policies.thumbnail_key(digest)
        store.put(thumbnail_key, io.BytesIO(found.thumbnail))
    return {
        "key": key,
        "thumbnail_key": thumbnail_key,
        "media_type": found.media_type,
        "width": found.width,
        "height": found.height,
    }


def _note_kept(
    upload: Upload, stored: dict[str, object] | None, *, by: Actor, now: datetime
) -> None:
    attachment = queries.get_own(upload.id, by=by, for_change=True)
    if stored is not None:
        _insert_file(upload, stored, now=now)
    file = queries.find_file(upload.digest)
    if file is None:  # swept just now: sent again, the bytes are stored again
        raise Busy
    if stored is not None and file.key != stored["key"]:  # another was quicker
        ours = (stored["key"], stored["thumbnail_key"])
        discard([str(key) for key in ours if key], now=now)
    if attachment.status is AttachmentStatus.KEPT:
        return
    attachment.status = AttachmentStatus.KEPT
    attachment.stored_file_id, attachment.kept_at = file.id, now
    attachment.received_bytes = attachment.byte_size
    db.session.flush()
    db.session.expire(attachment)
    drop_pieces([upload.id], now=now)


def _insert_file(upload: Upload, stored: dict[str, object], *, now: datetime) -> None:
    row = {"id": new_id(), "digest": upload.digest, "byte_size": upload.byte_size, **stored}
    statement = insert(StoredFile).values(**row, created_at=now)
    db.session.execute(statement.on_conflict_do_nothing(index_elements=["digest"]))


def _begin_anew(attachment_id: str, *, now: datetime) -> None:
    attachment = _as_receiving(attachment_id)
    if attachment is not None:
        attachment.received_bytes = 0
        drop_pieces([attachment_id], now=now)


def _refuse(attachment_id: str, *, because: str, now: datetime) -> None:
    attachment = _as_receiving(attachment_id)
    if attachment is not None:
        attachment.status, attachment.refused_because = AttachmentStatus.REFUSED, because
        attachment.received_bytes = 0
        drop_pieces([attachment_id], now=now)


def _as_receiving(attachment_id: str) -> Attachment | None:
    """Return an attachment, locked, unless another request settled it meanwhile."""
    attachment = db.session.get(Attachment, attachment_id, with_for_update={"key_share": True})
    is_open = attachment is not None and attachment.status is AttachmentStatus.RECEIVING
    return attachment if is_open else None
