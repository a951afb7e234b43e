"""Tidy up in bounded steps: rows first, their bytes afterwards. Safe to repeat, and in parallel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.attachments import queries
from crm_api.attachments.models import Attachment, DiscardedContent, StoredFile
from crm_api.attachments.service.discarding import discard, drop, drop_pieces
from crm_api.attachments.stores import current_store
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

CHUNK = 500


def discard_loose(*, before: datetime, now: datetime) -> int:
    """Delete some attachments that nobody attached for long; return how many."""
    found = queries.loose_before(before, limit=CHUNK)
    drop(found, now=now)
    return len(found)


def discard_stalled(*, before: datetime, now: datetime) -> int:
    """Forget the pieces of some uploads that stopped long ago; they may begin anew."""
    found = queries.stalled_before(before, limit=CHUNK)
    for one in found:
        one.received_bytes = 0
    drop_pieces([one.id for one in found], now=now)
    return len(found)


def discard_unused_files(*, now: datetime) -> int:
    """Delete some files that no attachment shows; return how many.

    One that is shown at this very moment is held by whoever shows it, and passed over.
    """
    shown = sa.exists().where(Attachment.stored_file_id == StoredFile.id)
    unused = sa.select(StoredFile.id).where(~shown).order_by(StoredFile.id).limit(CHUNK)
    ids = db.session.scalars(unused.with_for_update(skip_locked=True, of=StoredFile)).all()
    # Asked anew under the locks: who held one of them may have begun to show it.
    gone = sa.delete(StoredFile).where(StoredFile.id.in_(ids), ~shown)
    keys = gone.returning(StoredFile.key, StoredFile.thumbnail_key)
    rows = db.session.execute(keys.execution_options(synchronize_session=False)).all()
    discard([key for row in rows for key in row if key is not None], now=now)
    return len(rows)


def forget_discarded(keys: Sequence[str]) -> None:
    """Forget keys whose bytes are deleted."""
    db.session.execute(sa.delete(DiscardedContent).where(DiscardedContent.key.in_(keys)))


def discard_strays(keys: Sequence[str], *, now: datetime) -> int:
    """Discard those of some old objects that nobody knows: a crash left them. Say how many."""
    strays = set(keys) - queries.known_keys(keys)
    discard(strays, now=now)
    return len(strays)


def delete_bytes(keys: Sequence[str]) -> None:
    """Delete objects from the store, outside any transaction."""
    store = current_store()
    for key in keys:
        store.delete(key)
