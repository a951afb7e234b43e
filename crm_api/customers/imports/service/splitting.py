"""Cut a file into chunks of rows. A repeat, or a second worker, cuts it the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import sqlalchemy as sa

from crm_api.customers.imports import queries
from crm_api.customers.imports.models import CustomerImport, ImportChunk, ImportPart, ImportStatus
from crm_api.customers.imports.policies.mapping import FileMapping, read_mapping
from crm_api.kit.db import db
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.customers.imports.tables import SheetRow


def copy_file(import_id: str, *, to: BinaryIO) -> FileMapping:
    """Write the file's bytes where they can be read at leisure; return what they mean."""
    to.writelines(queries.read_parts(import_id))
    to.seek(0)
    mapping = sa.select(CustomerImport.mapping).where(CustomerImport.id == import_id)
    return read_mapping(db.session.scalars(mapping).one())


def keep_chunk(import_id: str, number: int, *, rows: Sequence[SheetRow]) -> None:
    """Store some rows to be worked off in one transaction, unless they are stored already."""
    chunk = insert(ImportChunk).values(
        import_id=import_id,
        number=number,
        row_count=len(rows),
        rows=[list(row) for row in rows],
        is_done=False,
        created=0,
        updated=0,
        unchanged=0,
        rejected=0,
    )
    db.session.execute(chunk.on_conflict_do_nothing())


def finish_splitting(import_id: str, *, header: Sequence[str]) -> None:
    """Let the chunks be worked off; the file itself is no longer needed."""
    _leave_received(import_id, status=ImportStatus.SPLIT, header=list(header))


def fail_import(import_id: str, *, failure: str, now: datetime) -> None:
    """Give an import up, with the reason. No row of it was taken."""
    changes = {"status": ImportStatus.FAILED, "failure": failure, "finished_at": now}
    if _leave_received(import_id, **changes):
        db.session.execute(sa.delete(ImportChunk).where(ImportChunk.import_id == import_id))


def _leave_received(import_id: str, **changes: object) -> bool:
    # False where another worker was quicker: then chunks may be at work, and stay.
    change = sa.update(CustomerImport).where(
        CustomerImport.id == import_id, CustomerImport.status == ImportStatus.RECEIVED
    )
    change = change.values(**changes).returning(CustomerImport.id)
    is_first = db.session.execute(change).first() is not None
    db.session.execute(sa.delete(ImportPart).where(ImportPart.import_id == import_id))
    return is_first
