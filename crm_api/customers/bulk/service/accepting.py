"""Take a job on: who is meant is settled here, what becomes of them later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.audit import service as audit
from crm_api.calendars import service as calendars
from crm_api.customers import queries as customers
from crm_api.customers.bulk import queries
from crm_api.customers.bulk.errors import JobOver, NeedsAdmin, NeedsLeader, TooManyCustomers
from crm_api.customers.bulk.policies import tasks
from crm_api.customers.bulk.terms import EditKind, FileFormat, JobKind, JobStatus
from crm_api.customers.models import BulkChunk, BulkJob, BulkRow, Customer
from crm_api.customers.segments import queries as segments
from crm_api.customers.segments.policies.criteria import to_document
from crm_api.customers.tags.queries import require_tags
from crm_api.kit.bulk import blank_row, insert_rows, is_among
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken, NotFound
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.customers.bulk.values import Progress

ROWS_IN_CHUNK = 200
MOST_ROWS = {FileFormat.CSV: 100_000, FileFormat.XLSX: 20_000, None: 100_000}
BLANK_CHUNK = blank_row(BulkChunk)
ROW_COLUMNS = ("job_id", "number", "customer_id", "outcome")


def accept_edit(
    *,
    customers: dict[str, Any],
    edit: dict[str, Any],
    reason: str,
    by: Actor,
    now: datetime,
    id: str | None = None,
) -> Progress:
    """Take on to change many customers alike; a worker does it in chunks.

    :raises NotFound: if a customer, segment or tag that is named is not the actor's
    :raises NeedsLeader: if an account manager would set tiers
    :raises TooManyCustomers: if more are meant than one job takes
    :raises IdTaken: if the id belongs to another job
    """
    if edit["kind"] is EditKind.TIER and by.role is Role.ACCOUNT_MANAGER:
        raise NeedsLeader
    require_tags(edit.get("tags", ()), visible_to=by)
    job = BulkJob(kind=JobKind.EDIT, task=tasks.to_document(edit), reason=reason, by_id=by.id)
    return _accept(job, job_id=id, chosen=customers, by=by, now=now)


def accept_export(
    *,
    customers: dict[str, Any],
    columns: list[str],
    format: FileFormat,
    is_unmasked: bool,
    reason: str,
    by: Actor,
    now: datetime,
    id: str | None = None,
) -> Progress:
    """Take on to write many customers into a file; a worker does it in chunks.

    :raises NotFound: if a customer or segment that is named is not the actor's
    :raises NeedsAdmin: if somebody else would have numbers in full
    :raises TooManyCustomers: if more are meant than one file takes
    :raises IdTaken: if the id belongs to another job
    """
    if is_unmasked and by.role is not Role.ADMIN:
        raise NeedsAdmin
    task = {"columns": columns, "format": format, "is_unmasked": is_unmasked}
    job = BulkJob(kind=JobKind.EXPORT, task=task, reason=reason, by_id=by.id)
    return _accept(job, job_id=id, chosen=customers, by=by, now=now)


def cancel_job(job_id: str, *, by: Actor, now: datetime) -> Progress:
    """Do no more of a job. Once this commits, no further customer is touched by it.

    :raises NotFound: if there is no such job, or none of the actor's
    :raises JobOver: if all of it is done
    """
    job = queries.get_job(job_id, visible_to=by, locked=True)
    if by.role is Role.AUDITOR and job.by_id != by.id:  # who looks at everything changes nothing
        raise NotFound("bulk job")
    if job.status is JobStatus.FINISHED:
        raise JobOver
    if job.status is JobStatus.WORKING:
        job.status, job.finished_at, job.cancelled_by_id = JobStatus.CANCELLED, now, by.id
        db.session.flush()
    return queries.measure([job])[0]


def get_progress(job_id: str, *, visible_to: Actor) -> Progress:
    """Return how far a job has come.

    :raises NotFound: if there is no such job, or none that the actor may see
    """
    return queries.measure([queries.get_job(job_id, visible_to=visible_to)])[0]


def _accept(
    job: BulkJob, *, job_id: str | None, chosen: dict[str, Any], by: Actor, now: datetime
) -> Progress:
    condition, job.selection = _read_selection(chosen, by=by, now=now)
    known = db.session.get(BulkJob, job_id) if job_id else None
    if known is not None:
        return _repeat(known, job, by=by)
    most = MOST_ROWS[job.task.get("format")]
    rows = queries.count_chosen(condition, visible_to=by, most=most)
    if rows > most:
        raise TooManyCustomers(most=most)
    job.id, job.created_at = job_id or new_id(), now
    db.session.add(job)
    db.session.flush()
    _keep_rows(job.id, condition, by=by)
    _tell(job, rows=rows, by=by, now=now)
    return queries.measure([job])[0]


def _read_selection(
    chosen: dict[str, Any], *, by: Actor, now: datetime
) -> tuple[sa.ColumnElement[bool], dict[str, Any]]:
    today = calendars.local_day(now)
    if "segment_id" in chosen:
        segment = segments.get_segment(chosen["segment_id"], visible_to=by)
        named = {"segment_id": segment.id, "segment_version": segment.version}
        return segments.is_in_segment(segment, today=today), named
    if "criteria" in chosen:
        criteria = to_document(chosen["criteria"])
        return segments.is_in(criteria, today=today), {"criteria": criteria}
    ids = sorted(set(chosen["ids"]))
    customers.require_visible(ids, visible_to=by)
    return is_among(Customer.id, ids), {"ids": ids}


def _repeat(known: BulkJob, job: BulkJob, *, by: Actor) -> Progress:
    names = ("kind", "task", "reason", "by_id", "selection")
    if known.by_id != by.id or any(getattr(known, n) != getattr(job, n) for n in names):
        raise IdTaken
    return queries.measure([known])[0]


def _keep_rows(job_id: str, condition: sa.ColumnElement[bool], *, by: Actor) -> None:
    chosen = queries.chosen_rows(job_id, condition, visible_to=by)
    db.session.execute(sa.insert(BulkRow).from_select(ROW_COLUMNS, chosen))
    found = queries.count_rows(job_id)  # what was counted before may have changed meanwhile
    chunks = range(1, -(-found // ROWS_IN_CHUNK) + 1)
    left = {number: found - (number - 1) * ROWS_IN_CHUNK for number in chunks}
    insert_rows(
        BulkChunk,
        [
            {**BLANK_CHUNK, "job_id": job_id, "number": n, "row_count": min(ROWS_IN_CHUNK, rest)}
            for n, rest in left.items()
        ],
    )


def _tell(job: BulkJob, *, rows: int, by: Actor, now: datetime) -> None:
    about = {name: value for name, value in job.selection.items() if name != "ids"}
    audit.record(
        f"customers.bulk_{job.kind}",
        by_id=by.id,
        at=now,
        subject_kind="bulk_job",
        subject_id=job.id,
        details={"rows": rows, "reason": job.reason, "task": job.task, "selection": about},
    )
