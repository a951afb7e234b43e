"""The list of dates to ask customers about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.care.doubts import queries, schemas
from crm_api.kit.errors import Invalid
from crm_api.kit.routing import Blueprint, refuses

if TYPE_CHECKING:
    from crm_api.kit.schemas import Payload

blueprint = Blueprint(
    "suspicious dates",
    __name__,
    description="Dates that nobody is greeted on until an account manager asked.",
)
BLUEPRINTS = (blueprint,)


@blueprint.get("/v1/suspicious-dates")
@requires(*Role)
@refuses(Invalid)
@blueprint.arguments(schemas.DoubtsQuerySchema, location="query")
@blueprint.response(200, schemas.DoubtfulDatePageSchema)
def list_doubts(payload: Payload) -> Any:
    """List dates to check: confirm them, mend them, or mend `birth_on`."""
    return queries.list_doubts(**payload, visible_to=current_actor())
