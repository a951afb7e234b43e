"""`/v1/bulk-edits`, `/v1/customer-exports`, and the jobs that both become."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import send_file

from crm_api.accounts.guards import current_actor, requires
from crm_api.customers.bulk import queries, schemas, service
from crm_api.customers.bulk.errors import (
    ExportGone,
    ExportNotReady,
    JobOver,
    NeedsAdmin,
    NeedsLeader,
    TooManyCustomers,
)
from crm_api.customers.bulk.terms import FileFormat
from crm_api.customers.routes.roles import READERS, WRITERS
from crm_api.kit import clock
from crm_api.kit.errors import Busy, IdTaken, NotFound
from crm_api.kit.routing import Blueprint, refuses

if TYPE_CHECKING:
    from flask import Response

    from crm_api.customers.bulk.values import Progress
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

ONE = "/v1/bulk-jobs/<record_id:job_id>"
BYTES = {"type": "string", "format": "binary"}
TYPES = {
    FileFormat.CSV: "text/csv",
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

blueprint = Blueprint(
    "bulk jobs", __name__, description="Work on many customers at once: edits and exports."
)
BLUEPRINTS = (blueprint,)


@blueprint.post("/v1/bulk-edits")
@requires(*WRITERS)
@refuses(NotFound, NeedsLeader, TooManyCustomers, IdTaken)
@blueprint.arguments(schemas.NewBulkEditSchema)
@blueprint.response(202, schemas.BulkJobSchema)
def accept_edit(payload: Payload) -> Progress:
    """Change many customers alike; a worker does it in chunks, which can be watched."""
    return service.accept_edit(**payload, by=current_actor(), now=clock.now())


@blueprint.post("/v1/customer-exports")
@requires(*READERS)
@refuses(NotFound, NeedsAdmin, TooManyCustomers, IdTaken)
@blueprint.arguments(schemas.NewExportSchema)
@blueprint.response(202, schemas.BulkJobSchema)
def accept_export(payload: Payload) -> Progress:
    """Write many customers into a file, numbers masked; it stays on record who asked, and why."""
    return service.accept_export(**payload, by=current_actor(), now=clock.now())


@blueprint.get("/v1/bulk-jobs")
@requires(*READERS)
@refuses(NotFound)
@blueprint.arguments(schemas.BulkJobsQuerySchema, location="query")
@blueprint.response(200, schemas.BulkJobPageSchema)
def list_jobs(payload: Payload) -> Page:
    """List one's own jobs, newest first; administrators and auditors see all."""
    return queries.fetch_jobs(**payload, visible_to=current_actor())


@blueprint.get(ONE)
@requires(*READERS)
@refuses(NotFound)
@blueprint.response(200, schemas.BulkJobSchema)
def get_job(*, job_id: str) -> Progress:
    """Show how far a job has come."""
    return service.get_progress(job_id, visible_to=current_actor())


@blueprint.get(f"{ONE}/rows")
@requires(*READERS)
@refuses(NotFound)
@blueprint.arguments(schemas.BulkRowsQuerySchema, location="query")
@blueprint.response(200, schemas.BulkRowPageSchema)
def list_rows(payload: Payload, *, job_id: str) -> Page:
    """List a job's customers, and what became of each."""
    return queries.fetch_rows(job_id, **payload, visible_to=current_actor())


@blueprint.put(f"{ONE}/cancellation")
@requires(*READERS)
@refuses(NotFound, JobOver, Busy)
@blueprint.response(200, schemas.BulkJobSchema)
def cancel_job(*, job_id: str) -> Progress:
    """Do no more of a job; what is done stays done."""
    return service.cancel_job(job_id, by=current_actor(), now=clock.now())


@blueprint.get(f"{ONE}/file")
@requires(*READERS)
@refuses(NotFound, NeedsAdmin, ExportNotReady, ExportGone)
@blueprint.response(200, BYTES, content_type=TYPES[FileFormat.CSV])
def get_file(*, job_id: str) -> Response:
    """Give an export's file to whoever asked for it."""
    file, kind = service.open_file(job_id, by=current_actor())
    name = f"customers.{kind}"
    return send_file(file, mimetype=TYPES[kind], as_attachment=True, download_name=name)
