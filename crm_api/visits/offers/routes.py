"""Offers and opportunities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.kit import clock
from crm_api.kit.errors import IdTaken, Invalid, NotFound
from crm_api.kit.routing import UPDATES, Blueprint, expected_version, refuses
from crm_api.kit.schemas import page_schema
from crm_api.visits.offers import queries, service
from crm_api.visits.offers.errors import OfferAnswered, OpportunityEnded
from crm_api.visits.offers.schemas import (
    NewOfferSchema,
    NewOpportunitySchema,
    OfferAnswerSchema,
    OfferQuerySchema,
    OfferSchema,
    OpportunityChangesSchema,
    OpportunityOutcomeSchema,
    OpportunityQuerySchema,
    OpportunitySchema,
)

if TYPE_CHECKING:
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload
    from crm_api.visits.offers.models import Offer, Opportunity

WRITERS = (Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)

blueprint = Blueprint(
    "offers", __name__, description="What was offered and what was sensed, each with its end."
)


@blueprint.post("/v1/offers")
@requires(*WRITERS)
@refuses(NotFound, IdTaken, Invalid)
@blueprint.arguments(NewOfferSchema)
@blueprint.response(201, OfferSchema)
def make_offer(payload: Payload) -> Offer:
    """Note what was offered to a customer."""
    return service.make_offer(payload, by=current_actor(), now=clock.now())


@blueprint.get("/v1/offers")
@requires(*Role)
@refuses()
@blueprint.arguments(OfferQuerySchema, location="query")
@blueprint.response(200, page_schema(OfferSchema))
def list_offers(query: Payload) -> Page:
    """List offers, newest first."""
    return queries.offers(visible_to=current_actor(), **query)


@blueprint.get("/v1/offers/<record_id:offer_id>")
@requires(*Role)
@refuses(NotFound)
@blueprint.response(200, OfferSchema)
def get_offer(offer_id: str) -> Offer:
    """Get an offer."""
    return queries.get_offer(offer_id, visible_to=current_actor())


@blueprint.put("/v1/offers/<record_id:offer_id>/answer")
@requires(*WRITERS)
@refuses(NotFound, OfferAnswered)
@blueprint.arguments(OfferAnswerSchema)
@blueprint.response(200, OfferSchema)
def answer_offer(payload: Payload, *, offer_id: str) -> Offer:
    """Note what the customer said to an offer."""
    return service.answer_offer(offer_id, by=current_actor(), now=clock.now(), **payload)


@blueprint.post("/v1/opportunities")
@requires(*WRITERS)
@refuses(NotFound, IdTaken, Invalid)
@blueprint.arguments(NewOpportunitySchema)
@blueprint.response(201, OpportunitySchema)
def sense_opportunity(payload: Payload) -> Opportunity:
    """Note a need that somebody sensed."""
    return service.sense_opportunity(payload, by=current_actor(), now=clock.now())


@blueprint.get("/v1/opportunities")
@requires(*Role)
@refuses()
@blueprint.arguments(OpportunityQuerySchema, location="query")
@blueprint.response(200, page_schema(OpportunitySchema))
def list_opportunities(query: Payload) -> Page:
    """List opportunities, newest first."""
    return queries.opportunities(visible_to=current_actor(), **query)


@blueprint.get("/v1/opportunities/<record_id:opportunity_id>")
@requires(*Role)
@refuses(NotFound)
@blueprint.response(200, OpportunitySchema)
def get_opportunity(opportunity_id: str) -> Opportunity:
    """Get an opportunity."""
    return queries.get_opportunity(opportunity_id, visible_to=current_actor())


@blueprint.patch("/v1/opportunities/<record_id:opportunity_id>")
@requires(*WRITERS)
@refuses(NotFound, OpportunityEnded, *UPDATES)
@blueprint.arguments(OpportunityChangesSchema)
@blueprint.response(200, OpportunitySchema)
def change_opportunity(payload: Payload, *, opportunity_id: str) -> Opportunity:
    """Mend an opportunity that is still open."""
    return service.change_opportunity(
        opportunity_id, changes=payload, expected_version=expected_version(), by=current_actor()
    )


@blueprint.put("/v1/opportunities/<record_id:opportunity_id>/outcome")
@requires(*WRITERS)
@refuses(NotFound, OpportunityEnded)
@blueprint.arguments(OpportunityOutcomeSchema)
@blueprint.response(200, OpportunitySchema)
def end_opportunity(payload: Payload, *, opportunity_id: str) -> Opportunity:
    """Note how an opportunity ended."""
    return service.end_opportunity(opportunity_id, by=current_actor(), now=clock.now(), **payload)


BLUEPRINTS = (blueprint,)
