"""The brief's part of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.kit import clock
from crm_api.kit.errors import Invalid, NotFound
from crm_api.kit.routing import Blueprint, refuses
from crm_api.kit.schemas import PageQuerySchema
from crm_api.preparation.briefs import schemas, service
from crm_api.preparation.briefs.errors import BriefChanged
from crm_api.preparation.briefs.policies.page import PAGE_POLICY

if TYPE_CHECKING:
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

WRITERS = (Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)
VISIT = "/v1/visits/<record_id:visit_id>"
HTML = {"type": "string", "description": "A page for A4 that loads nothing and runs nothing."}

blueprint = Blueprint("briefs", __name__, description="The brief before a visit, in one call.")


@blueprint.get(f"{VISIT}/brief")
@requires(*Role)
@refuses(NotFound)
@blueprint.arguments(schemas.BriefQuerySchema, location="query")
@blueprint.response(200, schemas.BriefSchema)
def get_brief(query: Payload, *, visit_id: str) -> dict[str, Any]:
    """Get all that is known and matters before a visit, and what changed since."""
    return service.get_brief(visit_id, visible_to=current_actor(), now=clock.now(), **query)


@blueprint.get(f"{VISIT}/brief/page")
@requires(*Role)
@refuses(NotFound)
@blueprint.arguments(schemas.BriefPageQuerySchema, location="query")
@blueprint.response(200, HTML, content_type="text/html")
def print_brief(query: Payload, *, visit_id: str) -> Response:
    """Print the brief, as it is now or as it was frozen."""
    page = service.print_brief(visit_id, visible_to=current_actor(), now=clock.now(), **query)
    return Response(page, mimetype="text/html", headers={"Content-Security-Policy": PAGE_POLICY})


@blueprint.post(f"{VISIT}/briefs")
@requires(*WRITERS)
@refuses(NotFound)
@blueprint.response(201, schemas.BriefSchema)
def freeze_brief(*, visit_id: str) -> dict[str, Any]:
    """Freeze the brief as it is now: the same again, while nothing changed."""
    return service.freeze_brief(visit_id, by=current_actor(), now=clock.now())


@blueprint.get(f"{VISIT}/briefs")
@requires(*Role)
@refuses(NotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, schemas.FrozenBriefPageSchema)
def list_briefs(query: Payload, *, visit_id: str) -> Page:
    """List the frozen briefs of a visit, newest first."""
    return service.list_frozen(visit_id, visible_to=current_actor(), **query)


@blueprint.get(f"{VISIT}/briefs/<record_id:digest>")
@requires(*Role)
@refuses(NotFound)
@blueprint.response(200, schemas.FrozenBriefSchema)
def get_frozen_brief(*, visit_id: str, digest: str) -> dict[str, Any]:
    """Get a brief as it was frozen."""
    return service.get_frozen(visit_id, digest=digest, visible_to=current_actor())


@blueprint.put(f"{VISIT}/brief/acknowledgement")
@requires(*WRITERS)
@refuses(NotFound, BriefChanged, Invalid)
@blueprint.arguments(schemas.BriefAcknowledgementSchema)
@blueprint.response(200, schemas.BriefSchema)
def acknowledge_brief(payload: Payload, *, visit_id: str) -> dict[str, Any]:
    """Say that the brief was read; best before check-in."""
    return service.acknowledge_brief(visit_id, by=current_actor(), now=clock.now(), **payload)
