"""Reads of jobs, and of the customers whose turn it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.customers.bulk.terms import JobStatus, RowOutcome
from crm_api.customers.bulk.values import Progress
from crm_api.customers.models import BulkChunk, BulkJob, BulkRow, Customer
from crm_api.customers.queries import limit_to
from crm_api.customers.queries.access import IS_ITSELF
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, fetch_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crm_api.accounts.actors import Actor
    from crm_api.customers.bulk.terms import JobKind
    from crm_api.kit.paging import PageRequest

SEES_ALL = (Role.ADMIN, Role.AUDITOR)
COUNTED = ("changed", "unchanged", "refused", "written")
ROWS_AT_ONCE = 1_000


def get_job(job_id: str, *, visible_to: Actor, locked: bool = False) -> BulkJob:
    """Return a job, for whoever asked for it, administrators and auditors.

    Who locks it waits for the chunks in hand, and no other is begun meanwhile.

    :raises NotFound: if there is none, or none that the actor may see
    """
    statement = _visible(visible_to).where(BulkJob.id == job_id)
    if locked:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    job = db.session.scalars(statement).one_or_none()
    if job is None:
        raise NotFound("bulk job")
    return job


def _visible(visible_to: Actor) -> sa.Select[BulkJob]:
    statement = sa.select(BulkJob)
    if visible_to.role in SEES_ALL:
        return statement
    return statement.where(BulkJob.by_id == visible_to.id)


def fetch_jobs(
    *,
    kind: JobKind | None,
    status: JobStatus | None,
    visible_to: Actor,
    page: PageRequest,
) -> Page:
    """Return a page of jobs with their progress, newest first."""
    statement = _visible(visible_to)
    if kind is not None:
        statement = statement.where(BulkJob.kind == kind)
    if status is not None:
        statement = statement.where(BulkJob.status == status)
    found = fetch_page(statement, by=[BulkJob.id], page=page, descending=True)
    return Page(measure(found.items), found.next_cursor)


def fetch_rows(
    job_id: str, *, outcome: RowOutcome | None, visible_to: Actor, page: PageRequest
) -> Page:
    """Return a page of a job's customers and what became of each, in the order of their turns.

    :raises NotFound: if there is no such job, or none that the actor may see
    """
    get_job(job_id, visible_to=visible_to)
    row = BulkRow.__table__.c
    columns = (row.number, row.customer_id, row.outcome, row.code)
    statement = sa.select(*columns).where(row.job_id == job_id)
    if outcome is not None:
        statement = statement.where(row.outcome == outcome)
    return fetch_page(statement, by=[row.number], page=page)


def measure(jobs: Sequence[BulkJob]) -> list[Progress]:
    """Return how far these jobs have come, in one statement."""
    counts: dict[str, Any] = {name: BulkChunk.__table__.c[name] for name in COUNTED}
    counts["rows"] = BulkChunk.row_count
    counts["done"] = sa.case((BulkChunk.is_done, BulkChunk.row_count), else_=0)
    sums = [sa.func.sum(column).label(name) for name, column in counts.items()]
    statement = (
        sa.select(BulkChunk.job_id, *sums)
        .where(BulkChunk.job_id.in_([job.id for job in jobs]))
        .group_by(BulkChunk.job_id)
    )
    found = {row.job_id: row for row in db.session.execute(statement)}
    return [
        _progress(job, {name: int(getattr(found.get(job.id), name, 0)) for name in counts})
        for job in jobs
    ]


def _progress(job: BulkJob, counts: dict[str, int]) -> Progress:
    known = {n: getattr(job, n) for n in Progress.__slots__ if n not in counts}
    facts: dict[str, Any] = {**known, **counts}
    return Progress(**facts)


def count_chosen(condition: sa.ColumnElement[bool], *, visible_to: Actor, most: int) -> int:
    """Return how many customers are meant, counting to one beyond the most that are taken."""
    chosen = limit_to(sa.select(Customer.id).where(condition, IS_ITSELF), visible_to=visible_to)
    counted = chosen.limit(most + 1).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(counted)) or 0


def count_rows(job_id: str) -> int:
    """Return how many customers a job is about."""
    rows = sa.select(sa.func.count()).select_from(BulkRow).where(BulkRow.job_id == job_id)
    return db.session.scalar(rows) or 0


def chosen_rows(
    job_id: str, condition: sa.ColumnElement[bool], *, visible_to: Actor
) -> sa.Select[Any]:
    """Return a select of the rows of a job: the customers who are meant, numbered by id."""
    chosen = limit_to(
        sa.select(Customer.id).where(condition, IS_ITSELF), visible_to=visible_to
    ).subquery()
    number = sa.func.row_number().over(order_by=chosen.c.id)
    waiting = sa.literal(RowOutcome.WAITING, BulkRow.__table__.c.outcome.type)
    return sa.select(sa.literal(job_id), number, chosen.c.id, waiting)


def lock_next_chunk(job_id: str | None) -> tuple[BulkChunk, BulkJob] | None:
    """Return a chunk to work on, which nobody else gets while this transaction lasts.

    Its job is held as well, so that whoever cancels it waits: nothing is done afterwards.
    """
    statement = (
        sa.select(BulkChunk)
        .join(BulkJob, BulkJob.id == BulkChunk.job_id)
        .where(sa.text("NOT is_done"), BulkJob.status == JobStatus.WORKING)
        .order_by(BulkChunk.job_id, BulkChunk.number)
        .limit(1)
        .with_for_update(of=BulkChunk, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if job_id is not None:
        statement = statement.where(BulkChunk.job_id == job_id)
    chunk = db.session.scalars(statement).first()
    if chunk is None:
        return None
    held = sa.select(BulkJob).where(BulkJob.id == chunk.job_id).with_for_update(read=True)
    job = db.session.scalars(held.execution_options(populate_existing=True)).one()
    return (chunk, job) if job.status is JobStatus.WORKING else None


def customer_ids_of(job_id: str, *, first: int, last: int) -> dict[int, str]:
    """Return the customers of some rows, by number."""
    statement = sa.select(BulkRow.number, BulkRow.customer_id).where(
        BulkRow.job_id == job_id, BulkRow.number.between(first, last)
    )
    return {row.number: row.customer_id for row in db.session.execute(statement)}


def find_customers(ids: Sequence[str], *, visible_to: Actor) -> list[Customer]:
    """Return those of these customers whom the actor may see, as they are now, by id."""
    statement = limit_to(sa.select(Customer).where(IS_ITSELF), visible_to=visible_to)
    statement = statement.where(is_among(Customer.id, ids)).order_by(Customer.id)
    return list(db.session.scalars(statement.execution_options(populate_existing=True)))


def is_open(job_id: str) -> bool:
    """Tell whether a job is still to be worked off."""
    status = sa.select(BulkJob.status).where(BulkJob.id == job_id)
    return db.session.scalars(status).one() is JobStatus.WORKING


def read_cells(job_id: str, *, visible_to: Actor) -> Iterator[list[str]]:
    """Return the rows of an export's file whose customers the actor may still see."""
    after = 0
    while True:
        columns: list[Any] = [BulkRow.number, BulkRow.cells]
        statement = (
            sa.select(*columns)
            .join(Customer, Customer.id == BulkRow.customer_id)
            .where(BulkRow.job_id == job_id, BulkRow.number > after, BulkRow.cells.is_not(None))
            .order_by(BulkRow.number)
            .limit(ROWS_AT_ONCE)
        )
        rows = db.session.execute(limit_to(statement, visible_to=visible_to)).all()
        yield from (row.cells for row in rows)
        if len(rows) < ROWS_AT_ONCE:
            return
        after = rows[-1].number
