"""The brief's part of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.kit import clock
from crm_api.kit.errors import NotFound
from crm_api.kit.routing import Blueprint, refuses
from crm_api.preparation import service
from crm_api.preparation.errors import BriefChanged
from crm_api.preparation.handovers.routes import blueprint as handovers
from crm_api.preparation.library.routes import blueprint as library
from crm_api.preparation.schemas import BriefAcknowledgementSchema, BriefQuerySchema, BriefSchema

if TYPE_CHECKING:
    from crm_api.kit.schemas import Payload

blueprint = Blueprint("preparation", __name__, description="The brief before a visit, in one call.")


@blueprint.get("/v1/visits/<record_id:visit_id>/brief")
@requires(*Role)
@refuses(NotFound)
@blueprint.arguments(BriefQuerySchema, location="query")
@blueprint.response(200, BriefSchema)
def get_brief(query: Payload, *, visit_id: str) -> dict[str, Any]:
    """Get all that is known and matters before a visit."""
    return service.get_brief(visit_id, visible_to=current_actor(), now=clock.now(), **query)


@blueprint.put("/v1/visits/<record_id:visit_id>/brief/acknowledgement")
@requires(Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)
@refuses(NotFound, BriefChanged)
@blueprint.arguments(BriefAcknowledgementSchema)
@blueprint.response(200, BriefSchema)
def acknowledge_brief(payload: Payload, *, visit_id: str) -> dict[str, Any]:
    """Say that the brief was read; it is frozen as it was."""
    return service.acknowledge_brief(visit_id, by=current_actor(), now=clock.now(), **payload)


BLUEPRINTS = (blueprint, library, handovers)
