"""A file of customers on its way in, piece by piece."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.kit.db import Model, Record
from crm_api.kit.succession import STAYS
from crm_api.kit.types import RecordId, enum_column


class ImportStatus(StrEnum):
    """How far a file has come."""

    RECEIVED = "received"
    SPLIT = "split"
    FINISHED = "finished"
    FAILED = "failed"


class CustomerImport(Record, Model):
    """A file of customers that somebody brought."""

    __tablename__ = "customer_imports"
    __table_args__ = (
        sa.Index("ix_customer_imports_by_id_id", "by_id", "id"),
        sa.Index("ix_customer_imports_status_id", "status", "id"),
    )

    by_id: Mapped[RecordId] = mapped_column(ForeignKey("staff.id"))
    file_name: Mapped[str]
    digest: Mapped[str] = mapped_column(sa.String(64))
    mapping: Mapped[dict[str, Any]]
    is_dry_run: Mapped[bool] = mapped_column(default=False)
    status: Mapped[ImportStatus] = mapped_column(
        enum_column(ImportStatus), default=ImportStatus.RECEIVED
    )
    failure: Mapped[str | None]
    header: Mapped[list[str] | None]
    finished_at: Mapped[datetime | None]


class ImportPart(Model):
    """Some bytes of the file, kept until it is split into chunks."""

    __tablename__ = "customer_import_parts"

    import_id: Mapped[RecordId] = mapped_column(
        ForeignKey("customer_imports.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes]


class ImportChunk(Model):
    """Some hundreds of rows that are worked off in one transaction.

    Whoever works on it holds its row's lock: that is the lease, and it ends with its worker.
    The rows are forgotten once they are done; what was rejected stays until somebody mends it.
    """

    __tablename__ = "customer_import_chunks"
    __table_args__ = (sa.Index("ix_customer_import_chunks_open", "is_done", "import_id", "number"),)

    import_id: Mapped[RecordId] = mapped_column(
        ForeignKey("customer_imports.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    row_count: Mapped[int]
    rows: Mapped[list[Any] | None]
    is_done: Mapped[bool] = mapped_column(default=False)
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    rejects: Mapped[list[Any] | None]


class ImportedCustomer(Model):
    """Which customer a source's external id became, and what its row said last."""

    __tablename__ = "imported_customers"

    source: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    external_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    customer_id: Mapped[RecordId] = mapped_column(
        ForeignKey("customers.id"), index=True, info=STAYS
    )
    digest: Mapped[str] = mapped_column(sa.String(64))
    import_id: Mapped[RecordId] = mapped_column(ForeignKey("customer_imports.id"))
    row_number: Mapped[int]
