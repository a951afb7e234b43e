"""`/v1/customers/{id}/network`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.customers.network import queries
from crm_api.customers.network.schemas import NetworkQuerySchema, NetworkSchema
from crm_api.customers.routes.roles import READERS
from crm_api.kit.errors import NotFound
from crm_api.kit.routing import Blueprint, refuses

if TYPE_CHECKING:
    from crm_api.kit.schemas import Payload

blueprint = Blueprint("network", __name__, description="Who belongs with whom, further on.")


@blueprint.get("/v1/customers/<record_id:customer_id>/network")
@requires(*READERS)
@refuses(NotFound)
@blueprint.arguments(NetworkQuerySchema, location="query")
@blueprint.response(200, NetworkSchema)
def show_network(query: Payload, *, customer_id: str) -> Payload:
    """Show a customer's links and theirs in turn, over customers whom you may see."""
    return queries.read_network(customer_id, visible_to=current_actor(), **query)
