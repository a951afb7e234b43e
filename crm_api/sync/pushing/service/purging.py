"""Forget answers and receipts that no phone will ask for any more."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from crm_api.kit.db import db
from crm_api.sync.models import PushReply, Receipt

if TYPE_CHECKING:
    from datetime import datetime

# An answer is asked for again within days; a receipt keeps a phone that was off for long from
# overwriting what was written since.
REPLIES_KEPT: Final = timedelta(days=30)
RECEIPTS_KEPT: Final = timedelta(days=180)
CHUNK: Final = 2_000


def purge_pushes(*, now: datetime) -> int:
    """Forget a chunk of what has served its time; return how much that was."""
    old_replies = PushReply.created_at < now - REPLIES_KEPT
    old_receipts = Receipt.received_at < now - RECEIPTS_KEPT
    return _purge(PushReply, old_replies) + _purge(Receipt, old_receipts)


def _purge(model: Any, is_old: sa.ColumnElement[bool]) -> int:
    key = list(model.__table__.primary_key)
    some = sa.select(*key).where(is_old).order_by(*key).limit(CHUNK)
    gone = sa.delete(model).where(sa.tuple_(*key).in_(some)).returning(key[0])
    return len(db.session.execute(gone).all())
