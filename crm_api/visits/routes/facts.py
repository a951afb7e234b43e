"""What visits taught, and what of it was a mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.kit import clock
from crm_api.kit.errors import NotFound
from crm_api.kit.routing import Blueprint, refuses
from crm_api.kit.schemas import PageQuerySchema, page_schema
from crm_api.visits import queries, service
from crm_api.visits.errors import FactOvertaken, FactUndone
from crm_api.visits.routes.visits import WRITERS
from crm_api.visits.schemas.learning import FactUndoingSchema, LearnedFactSchema

if TYPE_CHECKING:
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload
    from crm_api.visits.models import LearnedFact

blueprint = Blueprint(
    "learned facts", __name__, description="Who learned what of a customer, when and where."
)


@blueprint.get("/v1/customers/<record_id:customer_id>/learned-facts")
@requires(*Role)
@refuses(NotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, page_schema(LearnedFactSchema))
def list_learned_facts(query: Payload, *, customer_id: str) -> Page:
    """List who learned what of a customer, when, where, in which visit; newest first."""
    return queries.learned_facts(customer_id, visible_to=current_actor(), **query)


@blueprint.put("/v1/learned-facts/<record_id:fact_id>/undoing")
@requires(*WRITERS)
@refuses(NotFound, FactUndone, FactOvertaken)
@blueprint.arguments(FactUndoingSchema)
@blueprint.response(200, LearnedFactSchema)
def undo_fact(payload: Payload, *, fact_id: str) -> LearnedFact:
    """Take back what was learned by mistake: the profile is as before, the history stays."""
    return service.undo_fact(fact_id, by=current_actor(), now=clock.now(), **payload)
