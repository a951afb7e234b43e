"""`/v1/customers/{id}/field-sources`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.customers.provenance import queries
from crm_api.customers.provenance.schemas import FieldSourcesSchema
from crm_api.customers.routes.roles import READERS
from crm_api.kit.errors import NotFound
from crm_api.kit.routing import Blueprint, refuses

if TYPE_CHECKING:
    from crm_api.kit.schemas import Payload

blueprint = Blueprint(
    "provenance", __name__, description="Who told us what stands in a profile, when and how."
)


@blueprint.get("/v1/customers/<record_id:customer_id>/field-sources")
@requires(*READERS)
@refuses(NotFound)
@blueprint.response(200, FieldSourcesSchema)
def list_field_sources(*, customer_id: str) -> Payload:
    """Tell of each field of a profile where it came from; what is not listed, nobody told us."""
    return {"items": queries.sources_of(customer_id, visible_to=current_actor())}
