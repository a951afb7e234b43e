"""`/v1/review/care-…`: what became of care, and who gets none, in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.kit import clock
from crm_api.kit.errors import Invalid
from crm_api.kit.routing import Blueprint, refuses
from crm_api.review.outcomes import queries, service
from crm_api.review.outcomes.schemas import (
    CareOutcomePageSchema,
    CareRefusalCountPageSchema,
    CareRefusalPageSchema,
    OutcomeExportSchema,
    OutcomeFiltersSchema,
    RefusalQuerySchema,
    RefusedExportSchema,
    RefusedFiltersSchema,
)
from crm_api.review.replies import CSV, csv_reply

if TYPE_CHECKING:
    from flask import Response

    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

READERS = (Role.MANAGER, Role.ADMIN, Role.AUDITOR)

blueprint = Blueprint("outcomes", __name__, description="What became of care, in numbers.")


@blueprint.get("/v1/review/care-outcomes")
@requires(*READERS)
@refuses(Invalid)
@blueprint.arguments(OutcomeFiltersSchema, location="query")
@blueprint.response(200, CareOutcomePageSchema)
def count_outcomes(payload: Payload) -> Page:
    """Count what became of care messages, told apart by whatever you name."""
    return service.count_outcomes(visible_to=current_actor(), now=clock.now(), **payload)


@blueprint.get("/v1/review/care-outcomes/export")
@requires(*READERS)
@refuses(Invalid)
@blueprint.arguments(OutcomeExportSchema, location="query")
@blueprint.response(200, CSV, content_type="text/csv")
def export_outcomes(payload: Payload) -> Response:
    """Take the numbers out as CSV: every row, and a trace of who took them."""
    rows = service.export_outcomes(by=current_actor(), now=clock.now(), **payload)
    return csv_reply(rows, name="care-outcomes")


@blueprint.get("/v1/care-refusals")
@requires(*Role)
@refuses(Invalid)
@blueprint.arguments(RefusalQuerySchema, location="query")
@blueprint.response(200, CareRefusalPageSchema)
def list_refusals(payload: Payload) -> Page:
    """List who was due and gets no greeting, by day; kept for 90 days."""
    return queries.list_refusals(visible_to=current_actor(), **payload)


@blueprint.get("/v1/review/care-refusals")
@requires(*READERS)
@refuses(Invalid)
@blueprint.arguments(RefusedFiltersSchema, location="query")
@blueprint.response(200, CareRefusalCountPageSchema)
def count_refusals(payload: Payload) -> Page:
    """Count who was due and gets no greeting, by reason and the like."""
    return service.count_refusals(visible_to=current_actor(), now=clock.now(), **payload)


@blueprint.get("/v1/review/care-refusals/export")
@requires(*READERS)
@refuses(Invalid)
@blueprint.arguments(RefusedExportSchema, location="query")
@blueprint.response(200, CSV, content_type="text/csv")
def export_refusals(payload: Payload) -> Response:
    """Take these numbers out as CSV: every row, and a trace of who took them."""
    rows = service.export_refusals(by=current_actor(), now=clock.now(), **payload)
    return csv_reply(rows, name="care-refusals")


BLUEPRINTS = (blueprint,)
