"""Work a chunk off: all of it in the caller's transaction, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.accounts import queries as accounts
from crm_api.accounts.models import Role
from crm_api.customers import locks
from crm_api.customers.bulk import queries
from crm_api.customers.bulk.service import editing, exporting
from crm_api.customers.bulk.service.accepting import ROWS_IN_CHUNK
from crm_api.customers.bulk.terms import EditKind, JobKind, JobStatus
from crm_api.customers.bulk.values import Order, Result, refused
from crm_api.customers.models import BulkChunk, BulkJob, BulkRow
from crm_api.kit.bulk import update_rows
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor

MAY_NO_LONGER = refused("forbidden_role")
NOT_FOUND = refused("not_found")


def work_chunk(*, job_id: str | None, now: datetime) -> BulkChunk | None:
    """Do with the customers of one chunk what their job says, or return None if none is free.

    Whoever asked must still be at work and may see the customer still: both may have changed since.
    """
    found = queries.lock_next_chunk(job_id)
    if found is None:
        return None
    chunk, job = found
    first = (chunk.number - 1) * ROWS_IN_CHUNK + 1
    ids = queries.customer_ids_of(job.id, first=first, last=first + chunk.row_count - 1)
    by = accounts.find_at_work(job.by_id, at=now)
    results: Mapping[str, Result]
    if by is None or not _may(by, job):
        results = dict.fromkeys(ids.values(), MAY_NO_LONGER)
    else:
        order = Order(job_id=job.id, task=job.task, reason=job.reason, by=by, now=now)
        work = _edit if job.kind is JobKind.EDIT else _export
        results = work(sorted(ids.values()), order)
    _close(chunk, {n: results.get(customer_id, NOT_FOUND) for n, customer_id in ids.items()})
    return chunk


def _may(by: Actor, job: BulkJob) -> bool:
    if job.task.get("is_unmasked"):
        return by.role is Role.ADMIN
    if job.task.get("kind") == EditKind.TIER:
        return by.role in (Role.MANAGER, Role.ADMIN)
    return job.kind is JobKind.EXPORT or by.role is not Role.AUDITOR


def _edit(ids: Sequence[str], order: Order) -> Mapping[str, Result]:
    editing.lock_all(ids, order)
    return editing.edit(queries.find_customers(ids, visible_to=order.by), order)


def _export(ids: Sequence[str], order: Order) -> Mapping[str, Result]:
    # Whoever has one of them forgotten waits, and finds what is written here.
    locks.lock_subjects(customer_ids=ids)
    return exporting.write_cells(queries.find_customers(ids, visible_to=order.by), order)


def _close(chunk: BulkChunk, results: Mapping[int, Result]) -> None:
    for result in results.values():
        setattr(chunk, result.outcome, getattr(chunk, result.outcome) + 1)
    chunk.is_done = True
    rows = [
        {"job_id": chunk.job_id, "number": number, **result._asdict()}
        for number, result in results.items()
    ]
    update_rows(BulkRow, rows, key=("job_id", "number"))


def finish_jobs(*, now: datetime) -> None:
    """Say of every job without an open chunk that it is finished."""
    is_undone = sa.exists().where(BulkChunk.job_id == BulkJob.id, BulkChunk.is_done.is_(False))
    finished = sa.update(BulkJob).where(BulkJob.status == JobStatus.WORKING, ~is_undone)
    db.session.execute(
        finished.values(status=JobStatus.FINISHED, finished_at=now),
        execution_options={"synchronize_session": False},
    )
