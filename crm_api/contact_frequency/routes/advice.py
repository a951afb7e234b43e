"""What people ask before they plan: how much is left, when next, and a whole day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.contact_frequency.errors import DayPassed
from crm_api.contact_frequency.schemas import advice as schemas
from crm_api.contact_frequency.schemas.decisions import BudgetQuerySchema
from crm_api.contact_frequency.service import advising
from crm_api.kit import clock
from crm_api.kit.errors import NotFound
from crm_api.kit.routing import Blueprint, refuses

if TYPE_CHECKING:
    from crm_api.kit.schemas import Payload

blueprint = Blueprint(
    "contact advice", __name__, description="When may whom be contacted, and how often still?"
)


@blueprint.get("/v1/customers/<record_id:customer_id>/contact-budget")
@requires(*Role)
@refuses(NotFound)
@blueprint.arguments(BudgetQuerySchema, location="query")
@blueprint.response(200, schemas.ContactBudgetSchema)
def check_budget(payload: Payload, *, customer_id: str) -> Any:
    """Say whether a contact would be allowed, why not, when it would be, and what is left."""
    return advising.check_budget(
        customer_id, **payload, visible_to=current_actor(), now=clock.now()
    )


@blueprint.get("/v1/customers/<record_id:customer_id>/next-contact-moments")
@requires(*Role)
@refuses(NotFound)
@blueprint.arguments(schemas.NextMomentsQuerySchema, location="query")
@blueprint.response(200, schemas.NextMomentsSchema)
def advise_on_channels(payload: Payload, *, customer_id: str) -> Any:
    """Name the best next moment of each channel, the soonest first."""
    return advising.name_next_moments(
        customer_id, **payload, visible_to=current_actor(), now=clock.now()
    )


@blueprint.post("/v1/contact-preflights/day")
@requires(*Role)
@refuses(NotFound, DayPassed)
@blueprint.arguments(schemas.DayRequestSchema)
@blueprint.response(200, schemas.DayProposalSchema)
def propose_day(payload: Payload) -> Any:
    """Give the contacts of a day moments that are allowed and do not collide; store nothing."""
    proposals = advising.propose_day(**payload, visible_to=current_actor(), now=clock.now())
    return {"items": proposals}
