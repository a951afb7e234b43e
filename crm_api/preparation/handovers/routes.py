"""`/v1/handovers/{id}/briefing`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.kit import clock
from crm_api.kit.errors import NotFound
from crm_api.kit.routing import Blueprint, refuses
from crm_api.preparation.handovers import service
from crm_api.preparation.handovers.schemas import BriefingQuerySchema, HandedBriefingPageSchema

if TYPE_CHECKING:
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

blueprint = Blueprint("handover briefing", __name__, description="What a new owner should know.")


@blueprint.get("/v1/handovers/<record_id:handover_id>/briefing")
@requires(*Role)
@refuses(NotFound)
@blueprint.arguments(BriefingQuerySchema, location="query")
@blueprint.response(200, HandedBriefingPageSchema)
def brief_on(query: Payload, *, handover_id: str) -> Page:
    """Read, customer by customer, what is open and how each likes to be met.

    Whoever receives them sees them from the moment that the handover takes effect.
    """
    return service.brief_on(handover_id, visible_to=current_actor(), now=clock.now(), **query)
