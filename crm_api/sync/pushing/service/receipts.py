"""What a device last sent of each record: a repeat is known by it, and changes nothing."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import orjson

from crm_api.kit.db import db
from crm_api.kit.upserts import insert
from crm_api.sync.models import Receipt
from crm_api.sync.tables import Written
from crm_api.sync.terms import Pushed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from crm_api.sync.pushing.values import PushedRecord, Sender


def digest_of(record: PushedRecord) -> str:
    """Return the digest of what the user wrote, with the device's own moment of writing it."""
    is_new = record.op is Pushed.CREATED
    names = record.writable(Written.AT_FIRST, Written.ALWAYS) if is_new else record.edited
    told = {name: record.row[name] for name in {*names, "updated_at"} if name in record.row}
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


def keep(
    digests: Iterable[tuple[PushedRecord, str]], sender: Sender, *, staff_id: str, now: datetime
) -> None:
    """Keep what was received of each record."""
    rows = [
        {
            "staff_id": staff_id,
            "device_id": sender.device_id,
            "table_name": record.table.name,
            "record_id": record.id,
            "digest": digest,
            "received_at": now,
        }
        for record, digest in digests
    ]
    if not rows:
        return
    statement = insert(Receipt.__table__)
    newest = {name: statement.excluded[name] for name in ("digest", "received_at")}
    keys = [column.name for column in Receipt.__table__.primary_key]
    db.session.execute(statement.on_conflict_do_update(index_elements=keys, set_=newest), rows)
