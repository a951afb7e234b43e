"""`/v1/review/care-outcomes`: what became of care, in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.kit import clock
from crm_api.kit.errors import Invalid
from crm_api.kit.routing import Blueprint, refuses
from crm_api.review.outcomes import service
from crm_api.review.outcomes.schemas import (
    CareOutcomePageSchema,
    OutcomeExportSchema,
    OutcomeFiltersSchema,
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


BLUEPRINTS = (blueprint,)
