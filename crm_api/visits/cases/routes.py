"""What all may learn from a visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.kit import clock
from crm_api.kit.errors import IdTaken, NotFound
from crm_api.kit.routing import UPDATES, Blueprint, expected_version, refuses
from crm_api.kit.schemas import page_schema
from crm_api.visits.cases import queries, service
from crm_api.visits.cases.errors import (
    CardDecided,
    CardHoldsPersonalData,
    CardReadOtherwise,
    OwnCard,
)
from crm_api.visits.cases.schemas import (
    CaseCardChangesSchema,
    CaseCardQuerySchema,
    CaseCardRefusalSchema,
    CaseCardSchema,
    CaseCardSharingSchema,
    LessonQuerySchema,
    LessonSchema,
    NewCaseCardSchema,
    RetrospectiveSharingSchema,
)
from crm_api.visits.errors import NothingToShare
from crm_api.visits.schemas.visits import VisitSchema

if TYPE_CHECKING:
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload
    from crm_api.visits.cases.models import CaseCard
    from crm_api.visits.models import Visit

WRITERS = (Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)
SECOND_PERSONS = (Role.MANAGER, Role.ADMIN)

blueprint = Blueprint(
    "cases", __name__, description="What all may learn from visits, without personal data."
)


@blueprint.post("/v1/case-cards")
@requires(*WRITERS)
@refuses(NotFound, IdTaken)
@blueprint.arguments(NewCaseCardSchema)
@blueprint.response(201, CaseCardSchema)
def propose_card(payload: Payload) -> CaseCard:
    """Propose a case; names, numbers and addresses are taken out by rule."""
    return service.propose_card(payload, by=current_actor(), now=clock.now())


@blueprint.get("/v1/case-cards")
@requires(*Role)
@refuses()
@blueprint.arguments(CaseCardQuerySchema, location="query")
@blueprint.response(200, page_schema(CaseCardSchema))
def list_cards(query: Payload) -> Page:
    """List the cases that you may read, newest first."""
    return queries.cards(visible_to=current_actor(), **query)


@blueprint.get("/v1/case-cards/<record_id:card_id>")
@requires(*Role)
@refuses(NotFound)
@blueprint.response(200, CaseCardSchema)
def get_card(card_id: str) -> CaseCard:
    """Get a case."""
    return queries.get_card(card_id, visible_to=current_actor())


@blueprint.patch("/v1/case-cards/<record_id:card_id>")
@requires(*WRITERS)
@refuses(NotFound, CardDecided, *UPDATES)
@blueprint.arguments(CaseCardChangesSchema)
@blueprint.response(200, CaseCardSchema)
def change_card(payload: Payload, *, card_id: str) -> CaseCard:
    """Mend your own case, and propose it anew."""
    return service.change_card(
        card_id, changes=payload, expected_version=expected_version(), by=current_actor()
    )


@blueprint.put("/v1/case-cards/<record_id:card_id>/sharing")
@requires(*SECOND_PERSONS)
@refuses(NotFound, OwnCard, CardDecided, CardReadOtherwise, CardHoldsPersonalData)
@blueprint.arguments(CaseCardSharingSchema)
@blueprint.response(200, CaseCardSchema)
def share_card(payload: Payload, *, card_id: str) -> CaseCard:
    """Share a case, as you read it, with a team."""
    return service.share_card(card_id, by=current_actor(), now=clock.now(), **payload)


@blueprint.put("/v1/case-cards/<record_id:card_id>/refusal")
@requires(*SECOND_PERSONS)
@refuses(NotFound, OwnCard, CardDecided)
@blueprint.arguments(CaseCardRefusalSchema)
@blueprint.response(200, CaseCardSchema)
def decline_card(payload: Payload, *, card_id: str) -> CaseCard:
    """Send a case back to its author."""
    return service.decline_card(card_id, by=current_actor(), now=clock.now(), **payload)


@blueprint.put("/v1/case-cards/<record_id:card_id>/withdrawal")
@requires(*WRITERS)
@refuses(NotFound)
@blueprint.response(200, CaseCardSchema)
def withdraw_card(card_id: str) -> CaseCard:
    """Take your own case back; nobody else reads it from now on."""
    return service.withdraw_card(card_id, by=current_actor(), now=clock.now())


@blueprint.put("/v1/visits/<record_id:visit_id>/retrospective/sharing")
@requires(*WRITERS)
@refuses(NotFound, NothingToShare)
@blueprint.arguments(RetrospectiveSharingSchema)
@blueprint.response(200, VisitSchema)
def share_retrospective(payload: Payload, *, visit_id: str) -> Visit:
    """Give a retrospective to the team's meeting, or keep it to yourself."""
    return service.share_retrospective(visit_id, by=current_actor(), now=clock.now(), **payload)


@blueprint.get("/v1/lessons")
@requires(*Role)
@refuses()
@blueprint.arguments(LessonQuerySchema, location="query")
@blueprint.response(200, page_schema(LessonSchema))
def list_lessons(query: Payload) -> Page:
    """List what your team's visits taught, without personal data, newest first."""
    return service.list_lessons(visible_to=current_actor(), **query)


BLUEPRINTS = (blueprint,)
