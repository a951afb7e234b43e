"""A job on many customers, piece by piece."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.customers.bulk.terms import JobKind, JobStatus, RowOutcome
from crm_api.kit.db import Model, Record
from crm_api.kit.succession import STAYS
from crm_api.kit.types import Json, RecordId, enum_column

IS_UNDONE = sa.text("NOT is_done")


class BulkJob(Record, Model):
    """Something to be done with many customers, and on whose word."""

    __tablename__ = "bulk_jobs"
    __table_args__ = (sa.Index("ix_bulk_jobs_by_id_id", "by_id", "id"),)

    kind: Mapped[JobKind] = mapped_column(enum_column(JobKind))
    by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
    reason: Mapped[str]
    selection: Mapped[dict[str, Any]]
    task: Mapped[dict[str, Any]]
    status: Mapped[JobStatus] = mapped_column(enum_column(JobStatus), default=JobStatus.WORKING)
    finished_at: Mapped[datetime | None]
    cancelled_by_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("staff.id"))
    purged_at: Mapped[datetime | None]


class BulkChunk(Model):
    """Some hundreds of rows, worked off in one transaction.

    Whoever works on it holds its row's lock: that is the lease, and it ends with its worker.
    """

    __tablename__ = "bulk_chunks"
    __table_args__ = (
        sa.Index(
            "ix_bulk_chunks_undone",
            "job_id",
            "number",
            sqlite_where=IS_UNDONE,
            postgresql_where=IS_UNDONE,
        ),
    )

    job_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("bulk_jobs.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    row_count: Mapped[int]
    is_done: Mapped[bool] = mapped_column(default=False)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    written: Mapped[int] = mapped_column(default=0)


class BulkRow(Model):
    """One customer's turn: settled when the job is accepted, with what became of it."""

    __tablename__ = "bulk_rows"

    job_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("bulk_jobs.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("customers.id"), index=True, info=STAYS
    )
    outcome: Mapped[RowOutcome] = mapped_column(enum_column(RowOutcome))
    # Why it was refused: a problem's code.
    code: Mapped[str | None] = mapped_column(sa.String(64))
    # Of an export, the row of the file, until it is purged.
    cells: Mapped[list[str] | None] = mapped_column(Json)
