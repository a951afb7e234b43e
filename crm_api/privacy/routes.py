"""`/v1/customers/{id}/data-exports`, and `/v1/customer-erasures`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.attachments.errors import StorageUnavailable
from crm_api.kit import clock
from crm_api.kit.downloads import send_made
from crm_api.kit.errors import Busy, Invalid, NotFound
from crm_api.kit.idempotency import never_kept
from crm_api.kit.routing import Blueprint, refuses
from crm_api.privacy.errors import (
    ErasureBlocked,
    ErasureDecided,
    ErasureOpen,
    NeedsSecondPerson,
)
from crm_api.privacy.queries import erasures as queries
from crm_api.privacy.schemas import (
    CustomerExportSchema,
    ErasureDecisionSchema,
    ErasurePageSchema,
    ErasureQuerySchema,
    ErasureRefusalSchema,
    ErasureSchema,
    NewDataExportSchema,
    NewErasureSchema,
)
from crm_api.privacy.service import exporting, requesting

if TYPE_CHECKING:
    from flask import Response

    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload
    from crm_api.privacy.models import CustomerErasure

ZIP = "application/zip"
BYTES = {"type": "string", "format": "binary"}
LEADERS = (Role.MANAGER, Role.ADMIN)
ONE = "/v1/customer-erasures/<record_id:erasure_id>"

blueprint = Blueprint(
    "privacy",
    __name__,
    description="What a customer may ask by law: to see it all, to be forgotten.",
)


@blueprint.post("/v1/customers/<record_id:customer_id>/data-exports")
@requires(*LEADERS)
@never_kept
@refuses(NotFound)
@blueprint.arguments(NewDataExportSchema)
@blueprint.response(200, CustomerExportSchema)
def export_customer(payload: Payload, *, customer_id: str) -> Payload:
    """Take out all that is kept of a customer, unmasked, to hand it over; it is audited."""
    return exporting.export_customer(customer_id, **payload, by=current_actor(), now=clock.now())


@blueprint.post("/v1/customers/<record_id:customer_id>/data-archives")
@requires(*LEADERS)
@never_kept
@refuses(NotFound, StorageUnavailable)
@blueprint.arguments(NewDataExportSchema)
@blueprint.response(200, BYTES, content_type=ZIP)
def archive_customer(payload: Payload, *, customer_id: str) -> Response:
    """Take out the same as a ZIP archive, with the files of visits; it is audited."""
    archive = exporting.archive_customer(
        customer_id, **payload, by=current_actor(), now=clock.now()
    )
    return send_made(archive, name=f"customer-{customer_id}.zip", media_type=ZIP)


@blueprint.post("/v1/customers/<record_id:customer_id>/erasures")
@requires(*LEADERS)
@refuses(NotFound, ErasureOpen, Invalid)
@blueprint.arguments(NewErasureSchema)
@blueprint.response(201, ErasureSchema)
def request_erasure(payload: Payload, *, customer_id: str) -> CustomerErasure:
    """Ask that a customer be erased; another person must agree."""
    return requesting.request_erasure(customer_id, **payload, by=current_actor(), now=clock.now())


@blueprint.get("/v1/customer-erasures")
@requires(*LEADERS, Role.AUDITOR)
@blueprint.arguments(ErasureQuerySchema, location="query")
@blueprint.response(200, ErasurePageSchema)
def list_erasures(payload: Payload) -> Page:
    """List erasures, newest first: those asked for, and those done."""
    return queries.fetch_erasures(visible_to=current_actor(), **payload)


@blueprint.get(ONE)
@requires(*LEADERS, Role.AUDITOR)
@refuses(NotFound)
@blueprint.response(200, ErasureSchema)
def get_erasure(*, erasure_id: str) -> CustomerErasure:
    """Read one erasure."""
    return queries.get_erasure(erasure_id, visible_to=current_actor())


@blueprint.put(f"{ONE}/approval")
@requires(*LEADERS)
@refuses(NotFound, NeedsSecondPerson, ErasureDecided, ErasureBlocked, Busy)
@blueprint.arguments(ErasureDecisionSchema)
@blueprint.response(200, ErasureSchema)
def approve_erasure(payload: Payload, *, erasure_id: str) -> CustomerErasure:
    """Agree to an erasure; where its day has come it is done at once, and cannot be undone."""
    return requesting.approve_erasure(erasure_id, **payload, by=current_actor(), now=clock.now())


@blueprint.put(f"{ONE}/refusal")
@requires(*LEADERS)
@refuses(NotFound, NeedsSecondPerson, ErasureDecided, Busy)
@blueprint.arguments(ErasureRefusalSchema)
@blueprint.response(200, ErasureSchema)
def refuse_erasure(payload: Payload, *, erasure_id: str) -> CustomerErasure:
    """Decline an erasure, and say why."""
    return requesting.refuse_erasure(erasure_id, **payload, by=current_actor(), now=clock.now())


@blueprint.put(f"{ONE}/withdrawal")
@requires(*LEADERS)
@refuses(NotFound, ErasureDecided, Busy)
@blueprint.arguments(ErasureDecisionSchema)
@blueprint.response(200, ErasureSchema)
def withdraw_erasure(payload: Payload, *, erasure_id: str) -> CustomerErasure:
    """Take a request back while nothing is erased."""
    return requesting.withdraw_erasure(erasure_id, **payload, by=current_actor(), now=clock.now())


BLUEPRINTS = (blueprint,)
