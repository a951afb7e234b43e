"""Status, tier and owner of a customer, and what they were before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.customers import queries, service
from crm_api.customers.errors import TierFollowsGroup, WrongMeasure
from crm_api.customers.routes.roles import LEADERS, READERS, WRITERS
from crm_api.customers.schemas.core import CustomerSchema
from crm_api.customers.schemas.standing import (
    CustomerChangePageSchema,
    CustomerChangeQuerySchema,
    CustomerOwnerSchema,
    CustomerStatusSchema,
    CustomerTierSchema,
    TierAssessmentSchema,
)
from crm_api.kit import clock
from crm_api.kit.errors import Busy, Invalid, NotFound
from crm_api.kit.routing import Blueprint, refuses

if TYPE_CHECKING:
    from crm_api.customers.models import Customer
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

blueprint = Blueprint(
    "customer standing", __name__, description="Status, tier and owner, with their history."
)


@blueprint.put("/v1/customers/<record_id:customer_id>/status")
@requires(*WRITERS)
@refuses(NotFound)
@blueprint.arguments(CustomerStatusSchema)
@blueprint.response(200, CustomerSchema)
def set_status(payload: Payload, *, customer_id: str) -> Customer:
    """Say that a customer is active, suspended, closed or deceased."""
    return service.set_status(customer_id, **payload, by=current_actor(), now=clock.now())


@blueprint.put("/v1/customers/<record_id:customer_id>/tier")
@requires(*LEADERS)
@refuses(NotFound, TierFollowsGroup, Busy)
@blueprint.arguments(CustomerTierSchema)
@blueprint.response(200, CustomerSchema)
def set_tier(payload: Payload, *, customer_id: str) -> Customer:
    """Set a customer's tier by hand."""
    return service.set_tier(customer_id, **payload, by=current_actor(), now=clock.now())


@blueprint.post("/v1/customers/<record_id:customer_id>/tier-assessments")
@requires(*LEADERS)
@refuses(NotFound, WrongMeasure, Busy)
@blueprint.arguments(TierAssessmentSchema)
@blueprint.response(200, CustomerSchema)
def assess_tier(payload: Payload, *, customer_id: str) -> Customer:
    """Derive a customer's tier from bills, or a group's from revenue and lines."""
    return service.assess_tier(customer_id, **payload, by=current_actor(), now=clock.now())


@blueprint.put("/v1/customers/<record_id:customer_id>/owner")
@requires(*LEADERS)
@refuses(NotFound, Invalid)
@blueprint.arguments(CustomerOwnerSchema)
@blueprint.response(200, CustomerSchema)
def transfer_customer(payload: Payload, *, customer_id: str) -> Customer:
    """Give a customer to another account manager."""
    return service.transfer_customer(customer_id, **payload, by=current_actor(), now=clock.now())


@blueprint.get("/v1/customers/<record_id:customer_id>/changes")
@requires(*READERS)
@refuses(NotFound)
@blueprint.arguments(CustomerChangeQuerySchema, location="query")
@blueprint.response(200, CustomerChangePageSchema)
def list_changes(payload: Payload, *, customer_id: str) -> Page:
    """List a customer's changes of status, tier, plan and owner, newest first."""
    return queries.fetch_changes(customer_id, **payload, visible_to=current_actor())
