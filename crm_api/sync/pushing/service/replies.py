"""A push repeated under its key gets its first answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.kit.db import db
from crm_api.kit.idempotency import KeyReused
from crm_api.kit.upserts import insert
from crm_api.sync.models import PushReply
from crm_api.sync.pushing import queries

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.sync.pushing.values import Sender


def claim(
    sender: Sender, *, staff_id: str, body_digest: str, now: datetime
) -> dict[str, Any] | None:
    """Take a push's key as the first lock; return the first answer where there was one.

    A repeat that arrives early waits here for the first to finish.

    :raises KeyReused: if the key came with other content before
    """
    if sender.key is None:
        return None
    where = {"staff_id": staff_id, "device_id": sender.device_id, "key": sender.key}
    row = insert(PushReply).values(**where, body_digest=body_digest, reply={}, created_at=now)
    mine = row.on_conflict_do_nothing().returning(PushReply.key)
    if db.session.execute(mine).first() is not None:
        return None
    known = queries.find_reply(**where)
    if known.body_digest != body_digest:
        raise KeyReused
    return known.reply


def keep(reply: dict[str, Any], sender: Sender, *, staff_id: str) -> None:
    """Keep the answer under the key that was claimed."""
    if sender.key is None:
        return
    where = {"staff_id": staff_id, "device_id": sender.device_id, "key": sender.key}
    db.session.execute(sa.update(PushReply).filter_by(**where).values(reply=reply))
