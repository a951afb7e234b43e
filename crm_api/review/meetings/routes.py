"""`/v1/review/meeting-pack`: what a team goes through in the morning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.kit import clock
from crm_api.kit.errors import Invalid, NotFound
from crm_api.kit.routing import Blueprint, refuses
from crm_api.review.meetings import service
from crm_api.review.meetings.schemas import (
    PATH,
    AtRiskCustomerPageSchema,
    BirthdayCustomerPageSchema,
    MeetingPackSchema,
    MeetingPageQuerySchema,
    MeetingQuerySchema,
    MeetingVisitPageSchema,
    NeglectedCustomerPageSchema,
)

if TYPE_CHECKING:
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

blueprint = Blueprint(
    "meetings",
    __name__,
    description="The morning meeting of a team: what is due, at risk, to be celebrated, neglected, "
    "and what the last working day taught. Everybody sees it for the own customers.",
)


def _seen() -> dict[str, Any]:
    """Return who looks, and when."""
    return {"visible_to": current_actor(), "now": clock.now()}


@blueprint.get(PATH)
@requires(*Role)
@refuses(NotFound, Invalid)
@blueprint.arguments(MeetingQuerySchema, location="query")
@blueprint.response(200, MeetingPackSchema)
def get_meeting_pack(query: Payload) -> dict[str, Any]:
    """Get all that a team needs for a day's meeting."""
    return service.meeting_pack(**_seen(), **query)


@blueprint.get(f"{PATH}/due-visits")
@requires(*Role)
@refuses(NotFound, Invalid)
@blueprint.arguments(MeetingPageQuerySchema, location="query")
@blueprint.response(200, MeetingVisitPageSchema)
def list_due_visits(query: Payload) -> Page:
    """List the visits of a day, by the hour."""
    return service.list_due_visits(**_seen(), **query)


@blueprint.get(f"{PATH}/unclosed-visits")
@requires(*Role)
@refuses(NotFound, Invalid)
@blueprint.arguments(MeetingPageQuerySchema, location="query")
@blueprint.response(200, MeetingVisitPageSchema)
def list_unclosed_visits(query: Payload) -> Page:
    """List the visits of earlier days that nobody closed, oldest first."""
    return service.list_unclosed_visits(**_seen(), **query)


@blueprint.get(f"{PATH}/at-risk")
@requires(*Role)
@refuses(NotFound, Invalid)
@blueprint.arguments(MeetingPageQuerySchema, location="query")
@blueprint.response(200, AtRiskCustomerPageSchema)
def list_at_risk(query: Payload) -> Page:
    """List who may be about to leave us and why, the dearest first."""
    return service.list_at_risk(**_seen(), **query)


@blueprint.get(f"{PATH}/birthdays")
@requires(*Role)
@refuses(NotFound, Invalid)
@blueprint.arguments(MeetingPageQuerySchema, location="query")
@blueprint.response(200, BirthdayCustomerPageSchema)
def list_birthdays(query: Payload) -> Page:
    """List whose birthday it is, the dearest first."""
    return service.list_birthdays(**_seen(), **query)


@blueprint.get(f"{PATH}/neglected")
@requires(*Role)
@refuses(NotFound, Invalid)
@blueprint.arguments(MeetingPageQuerySchema, location="query")
@blueprint.response(200, NeglectedCustomerPageSchema)
def list_neglected(query: Payload) -> Page:
    """List with whom nobody spoke for longer than their tier allows, the dearest first."""
    return service.list_neglected(**_seen(), **query)


BLUEPRINTS = (blueprint,)
