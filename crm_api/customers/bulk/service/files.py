"""Hand out what an export wrote, and forget it in time."""

from __future__ import annotations

import csv
import io
import tempfile
from typing import IO, TYPE_CHECKING, Any

import openpyxl
import sqlalchemy as sa
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from crm_api.accounts.models import Role
from crm_api.customers.bulk import queries
from crm_api.customers.bulk.errors import ExportGone, ExportNotReady, NeedsAdmin
from crm_api.customers.bulk.terms import FileFormat, JobKind, JobStatus
from crm_api.customers.models import BulkJob, BulkRow
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from crm_api.accounts.actors import Actor

KEPT_IN_MEMORY = 1024 * 1024


def open_file(job_id: str, *, by: Actor) -> tuple[IO[bytes], FileFormat]:
    """Return the file of an export, which the caller closes; only who asked for it gets it.

    :raises NotFound: if the actor asked for no such export
    :raises NeedsAdmin: if it holds numbers in full, and the actor is no administrator any more
    :raises ExportNotReady: if it is not written to its end
    :raises ExportGone: if it is no longer kept
    """
    job = queries.get_job(job_id, visible_to=by)
    if job.kind is not JobKind.EXPORT or job.by_id != by.id:
        raise NotFound("export")
    if job.task["is_unmasked"] and by.role is not Role.ADMIN:
        raise NeedsAdmin
    if job.status is not JobStatus.FINISHED:
        raise ExportNotReady(job_status=job.status)
    if job.purged_at is not None:
        raise ExportGone
    kind = FileFormat(job.task["format"])
    rows = queries.read_cells(job.id, visible_to=by)
    file: Any = tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY)  # noqa: SIM115
    write = _write_csv if kind is FileFormat.CSV else _write_xlsx
    write(rows, to=file, header=job.task["columns"])
    file.seek(0)
    return file, kind


def _write_csv(rows: Iterable[list[str]], *, to: IO[bytes], header: list[str]) -> None:
    # The mark tells spreadsheets that this is UTF-8.
    text = io.TextIOWrapper(to, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    text.detach()


def _write_xlsx(rows: Iterable[list[str]], *, to: IO[bytes], header: list[str]) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("customers")
    sheet.append(header)
    for row in rows:
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", text) for text in row])
    book.save(to)


def purge_exports(*, before: datetime, now: datetime) -> int:
    """Forget the rows of exports that ended before a moment; return how many exports."""
    old = sa.select(BulkJob.id).where(
        BulkJob.kind == JobKind.EXPORT,
        BulkJob.purged_at.is_(None),
        BulkJob.finished_at < before,
    )
    ids = db.session.scalars(old.order_by(BulkJob.id).with_for_update()).all()
    for change in (
        sa.update(BulkRow).where(BulkRow.job_id.in_(ids)).values(cells=None),
        sa.update(BulkJob).where(BulkJob.id.in_(ids)).values(purged_at=now),
    ):
        db.session.execute(change, execution_options={"synchronize_session": False})
    return len(ids)
