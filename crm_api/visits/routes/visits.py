"""Plan visits, read them, note what is said in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.contact_frequency.errors import (
    OVERRIDE_UNUSABLE,
    ContactBlocked,
)
from crm_api.kit import clock
from crm_api.kit.errors import IdTaken, NotFound
from crm_api.kit.routing import Blueprint, refuses
from crm_api.kit.schemas import PageQuerySchema, page_schema
from crm_api.visits import queries, service
from crm_api.visits.errors import VisitClosed
from crm_api.visits.schemas.plans import NewVisitSchema
from crm_api.visits.schemas.presence import NewVisitNoteSchema, VisitNoteSchema
from crm_api.visits.schemas.visits import VisitItemSchema, VisitQuerySchema, VisitSchema

if TYPE_CHECKING:
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload
    from crm_api.visits.models import Visit, VisitNote

WRITERS = (Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)

blueprint = Blueprint(
    "visits", __name__, description="Visits (上门走访): planned ahead, made, and told of."
)


@blueprint.post("/v1/visits")
@requires(*WRITERS)
@refuses(NotFound, IdTaken, ContactBlocked)
@refuses(*OVERRIDE_UNUSABLE)
@blueprint.arguments(NewVisitSchema)
@blueprint.response(201, VisitSchema)
def plan_visit(payload: Payload) -> Visit:
    """Plan a visit and reserve its slot."""
    return service.plan_visit(payload, by=current_actor(), now=clock.now())


@blueprint.get("/v1/visits")
@requires(*Role)
@blueprint.arguments(VisitQuerySchema, location="query")
@blueprint.response(200, page_schema(VisitItemSchema))
def list_visits(query: Payload) -> Page:
    """List visits by time: a day's agenda, a customer's visits, those that nobody closed."""
    return queries.visits(visible_to=current_actor(), now=clock.now(), **query)


@blueprint.get("/v1/visits/<record_id:visit_id>")
@requires(*Role)
@refuses(NotFound)
@blueprint.response(200, VisitSchema)
def get_visit(visit_id: str) -> Visit:
    """Get a visit with all that belongs to it."""
    return queries.get_seen_visit(visit_id, visible_to=current_actor())


@blueprint.post("/v1/visits/<record_id:visit_id>/notes")
@requires(*WRITERS)
@refuses(NotFound, IdTaken, VisitClosed)
@blueprint.arguments(NewVisitNoteSchema)
@blueprint.response(201, VisitNoteSchema)
def add_note(payload: Payload, *, visit_id: str) -> VisitNote:
    """Note something during a visit."""
    return service.add_note(visit_id, payload, by=current_actor(), now=clock.now())


@blueprint.get("/v1/visits/<record_id:visit_id>/notes")
@requires(*Role)
@refuses(NotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, page_schema(VisitNoteSchema))
def list_notes(query: Payload, *, visit_id: str) -> Page:
    """List what was noted during a visit, oldest first."""
    return queries.notes(visit_id, visible_to=current_actor(), **query)
