"""Work a chunk off: all of it in the caller's transaction, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.accounts.models import Staff
from crm_api.customers.imports import queries
from crm_api.customers.imports.models import CustomerImport, ImportChunk, ImportStatus
from crm_api.customers.imports.policies.mapping import read_mapping
from crm_api.customers.imports.policies.rows import read_row
from crm_api.customers.imports.service.taking import take_rows, take_rows_one_by_one
from crm_api.customers.imports.values import Order, Tally
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from crm_api.customers.imports.tables import SheetRow

MAY_NO_LONGER = "whoever brought the file may no longer import customers"


def work_chunk(
    *, import_id: str | None, now: datetime, one_by_one: bool = False
) -> ImportChunk | None:
    """Take the rows of one chunk, or return None if none is free.

    `one_by_one` after a conflict with somebody else's writing: it costs a savepoint for each row,
    and only the row that conflicts is rejected.
    """
    found = queries.lock_next_chunk(import_id)
    if found is None:
        return None
    chunk, its_import = found
    by = queries.find_importer(Staff.id == its_import.by_id)
    mapping, header = read_mapping(its_import.mapping), its_import.header or []
    rows = [read_row(*row, header=header, mapping=mapping) for row in chunk.rows or []]
    if by is None:
        for row in rows:
            row.reasons.append(MAY_NO_LONGER)
        tally = Tally(rejects=[row.reject for row in rows])
    else:
        order = Order(
            import_id=chunk.import_id,
            by=by,
            header=header,
            mapping=mapping,
            is_dry_run=its_import.is_dry_run,
        )
        tally = (take_rows_one_by_one if one_by_one else take_rows)(rows, order=order, now=now)
    _close(chunk, tally)
    return chunk


def _close(chunk: ImportChunk, tally: Tally) -> None:
    chunk.is_done = True
    chunk.rows = None
    chunk.created, chunk.updated = tally.created, tally.updated
    chunk.unchanged, chunk.rejected = tally.unchanged, tally.rejected
    chunk.rejects = tally.rejects or None
    db.session.flush()


def rehearse_rows(
    rows: Iterable[SheetRow], *, order: Order, seen: set[int], now: datetime
) -> Tally:
    """Say what would become of some rows, and store nothing.

    `seen` spans the whole file: what would be remembered of it, were it stored.
    """
    facts = [read_row(*row, header=order.header, mapping=order.mapping) for row in rows]
    for row in facts:
        if not row.reasons and hash(row.key) in seen:
            row.reasons.append("external_id: an earlier row brings the same customer")
    tally = take_rows(facts, order=order, now=now)
    seen.update(hash(row.key) for row in facts if not row.reasons)
    return tally


def finish_imports(*, now: datetime) -> None:
    """Say of every import without an open chunk that it is finished."""
    is_open = sa.exists().where(
        ImportChunk.import_id == CustomerImport.id, ImportChunk.is_done.is_(False)
    )
    finished = sa.update(CustomerImport).where(
        CustomerImport.status == ImportStatus.SPLIT, ~is_open
    )
    db.session.execute(
        finished.values(status=ImportStatus.FINISHED, finished_at=now),
        execution_options={"synchronize_session": False},
    )
