"""Let go of rows; their bytes follow. Deleting bytes is slow, and cannot be rolled back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.attachments.models import Attachment, AttachmentPiece, DiscardedContent
from crm_api.kit.db import db
from crm_api.kit.touches import touching
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

CHUNK = 500


def discard(keys: Iterable[str], *, now: datetime) -> None:
    """Note that some bytes are needed no more."""
    rows = [{"key": key, "discarded_at": now} for key in sorted(keys)]
    if rows:
        db.session.execute(insert(DiscardedContent).values(rows).on_conflict_do_nothing())


def drop_pieces(attachment_ids: Sequence[str], *, now: datetime) -> None:
    """Forget what has arrived of some files in pieces."""
    gone = sa.delete(AttachmentPiece).where(AttachmentPiece.attachment_id.in_(attachment_ids))
    discard(db.session.scalars(gone.returning(AttachmentPiece.key)).all(), now=now)


def drop(attachments: Sequence[Attachment], *, now: datetime) -> None:
    """Delete attachments that nothing refers to. Their files go once nobody else shows them."""
    for start in range(0, len(attachments), CHUNK):
        some = [one.id for one in attachments[start : start + CHUNK]]
        drop_pieces(some, now=now)
        db.session.execute(touching(sa.delete(Attachment).where(Attachment.id.in_(some)), some))
