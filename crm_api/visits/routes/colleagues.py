"""Two or more of us on one visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.kit import clock
from crm_api.kit.errors import Invalid, NotFound
from crm_api.kit.routing import Blueprint, refuses
from crm_api.kit.schemas import PageQuerySchema, page_schema
from crm_api.visits import queries, service
from crm_api.visits.errors import ColleagueWasThere, NotAlong, StepTakenOtherwise, VisitClosed
from crm_api.visits.routes.visits import WRITERS
from crm_api.visits.schemas.plans import VisitColleaguesSchema
from crm_api.visits.schemas.presence import ColleagueArrivalSchema
from crm_api.visits.schemas.visits import PossibleColleagueSchema, VisitSchema

if TYPE_CHECKING:
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload
    from crm_api.visits.models import Visit

blueprint = Blueprint(
    "visit colleagues",
    __name__,
    description="Colleagues who go along: they see the visit, its brief and notes, and nothing "
    "else of a customer who is not theirs.",
)


@blueprint.get("/v1/colleagues")
@requires(*WRITERS)
@refuses()
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, page_schema(PossibleColleagueSchema))
def list_colleagues(query: Payload) -> Page:
    """List whom you may ask along, by name."""
    return queries.possible_colleagues(visible_to=current_actor(), **query)


@blueprint.put("/v1/visits/<record_id:visit_id>/colleagues")
@requires(*WRITERS)
@refuses(NotFound, Invalid, VisitClosed, ColleagueWasThere)
@blueprint.arguments(VisitColleaguesSchema)
@blueprint.response(200, VisitSchema)
def name_colleagues(payload: Payload, *, visit_id: str) -> Visit:
    """Say who goes along, all of them; whoever checked in stays."""
    return service.name_colleagues(visit_id, by=current_actor(), now=clock.now(), **payload)


@blueprint.put("/v1/visits/<record_id:visit_id>/arrival")
@requires(*WRITERS)
@refuses(NotFound, Invalid, NotAlong, VisitClosed, StepTakenOtherwise)
@blueprint.arguments(ColleagueArrivalSchema)
@blueprint.response(200, VisitSchema)
def arrive(payload: Payload, *, visit_id: str) -> Visit:
    """Check in as a colleague who goes along; graded by your own position."""
    return service.arrive(visit_id, payload, by=current_actor(), now=clock.now())
