"""The routes of imports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import send_file

from crm_api import config
from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.customers.imports import schemas, service
from crm_api.customers.imports.errors import FileRefused
from crm_api.kit import clock
from crm_api.kit.errors import Invalid, NotFound
from crm_api.kit.routing import Blueprint, refuses
from crm_api.kit.schemas import PageQuerySchema, page_schema
from crm_api.kit.uploads import received_upload, takes_upload

if TYPE_CHECKING:
    from flask import Response

    from crm_api.customers.imports.values import Progress
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = (CSV, XLSX, "application/octet-stream")
BYTES = {"type": "string", "format": "binary"}
FORM = {"type": "object", "properties": {"file": BYTES, "mapping": {"type": "string"}}}
BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {"schema": {**FORM, "required": ["file"]}},
        **{kind: {"schema": BYTES} for kind in TYPES},
    },
}
READERS = (Role.MANAGER, Role.ADMIN, Role.AUDITOR)

blueprint = Blueprint("customer imports", __name__, description="Customers from files.")


@blueprint.post("/v1/customer-imports")
@takes_upload(lambda: config.current().max_import_bytes)
@requires(Role.MANAGER, Role.ADMIN)
@refuses(Invalid, FileRefused)
@blueprint.doc(requestBody=BODY)
@blueprint.arguments(schemas.ImportQuerySchema, location="query")
@blueprint.response(202, schemas.ImportSchema)
def receive_import(payload: Payload) -> Progress:
    """Take in a CSV or XLSX file of customers, to be worked off in chunks."""
    with received_upload(types=TYPES) as upload:
        texts = (payload["mapping"], upload.texts.get("mapping"))
        return service.accept_import(
            upload.file,
            file_name=payload["file_name"] or upload.name,
            mapping=schemas.load_mapping(*texts, owner=payload["owner"]),
            is_dry_run=payload["is_dry_run"],
            by=current_actor(),
            now=clock.now(),
        )


@blueprint.get("/v1/customer-imports")
@requires(*READERS)
@refuses(Invalid)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, page_schema(schemas.ImportSchema))
def list_imports(payload: Payload) -> Page:
    """List one's own imports, newest first; administrators and auditors see all."""
    return service.fetch_imports(visible_to=current_actor(), **payload)


@blueprint.get("/v1/customer-imports/<record_id:import_id>")
@requires(*READERS)
@refuses(NotFound)
@blueprint.response(200, schemas.ImportSchema)
def get_import(*, import_id: str) -> Progress:
    """Show how far an import has come."""
    return service.get_progress(import_id, visible_to=current_actor())


@blueprint.get("/v1/customer-imports/<record_id:import_id>/rejects")
@requires(*READERS)
@refuses(NotFound)
@blueprint.response(200, BYTES, content_type=CSV)
def get_rejects(*, import_id: str) -> Response:
    """Give the rejected rows as CSV, each with its number and the reasons."""
    file: Any = service.open_rejects(import_id, visible_to=current_actor())
    return send_file(file, mimetype=CSV, as_attachment=True, download_name="rejects.csv")


BLUEPRINTS = (blueprint,)
