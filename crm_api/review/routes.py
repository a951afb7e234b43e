"""`/v1/contacts`: the contacts of many customers, as a list and as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.kit import clock
from crm_api.kit.routing import Blueprint, refuses
from crm_api.review import queries, service
from crm_api.review.meetings import routes as meetings
from crm_api.review.outcomes import routes as outcomes
from crm_api.review.replies import CSV, csv_reply
from crm_api.review.schemas import (
    ExportFiltersSchema,
    ReviewedContactPageSchema,
    ReviewFiltersSchema,
)

if TYPE_CHECKING:
    from flask import Response

    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

READERS = (Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN, Role.AUDITOR)

blueprint = Blueprint("review", __name__, description="What managers ask about their teams.")


@blueprint.get("/v1/contacts")
@requires(*READERS)
@refuses()
@blueprint.arguments(ReviewFiltersSchema, location="query")
@blueprint.response(200, ReviewedContactPageSchema)
def list_contacts(payload: Payload) -> Page:
    """List the contacts of all customers whom you may see, newest first."""
    return queries.list_contacts(visible_to=current_actor(), **payload)


@blueprint.get("/v1/contacts/export")
@requires(*READERS)
@refuses()
@blueprint.arguments(ExportFiltersSchema, location="query")
@blueprint.response(200, CSV, content_type="text/csv")
def export_contacts(payload: Payload) -> Response:
    """Take the contacts out as CSV: all that match, and a trace of who took them."""
    rows = service.export_contacts(by=current_actor(), now=clock.now(), **payload)
    return csv_reply(rows, name="contacts")


BLUEPRINTS = (blueprint, *meetings.BLUEPRINTS, *outcomes.BLUEPRINTS)
