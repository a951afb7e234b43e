"""The days' part of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.contact_frequency.errors import DayPassed
from crm_api.kit import clock
from crm_api.kit.errors import Invalid, NotFound
from crm_api.kit.idempotency import never_kept
from crm_api.kit.routing import Blueprint, refuses
from crm_api.preparation.days import service
from crm_api.preparation.days.schemas import plans, proposals

if TYPE_CHECKING:
    from datetime import date

    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload
    from crm_api.preparation.days.values import Proposals, Round

blueprint = Blueprint(
    "days",
    __name__,
    description="An account manager's days: whom to visit, in which order, and what is planned.",
)


@blueprint.get("/v1/visit-proposals")
@requires(*Role)
@refuses(NotFound, Invalid, DayPassed)
@blueprint.arguments(proposals.ProposalQuerySchema, location="query")
@blueprint.response(200, proposals.VisitProposalsSchema)
def propose_visits(query: Payload) -> Proposals:
    """Propose whom to visit on a day: why, where, and when it is allowed."""
    return service.propose_visits(**query, visible_to=current_actor(), now=clock.now())


@blueprint.post("/v1/visit-rounds")
@requires(*Role)
@never_kept
@refuses(NotFound, Invalid, DayPassed)
@blueprint.arguments(proposals.RoundRequestSchema)
@blueprint.response(200, proposals.VisitRoundSchema)
def propose_round(payload: Payload) -> Round:
    """Put a day's calls into an order that saves ways; appointments keep their times."""
    return service.propose_round(**payload, visible_to=current_actor(), now=clock.now())


@blueprint.get("/v1/day-plans/<day:on>")
@requires(*Role)
@refuses(NotFound, Invalid)
@blueprint.arguments(plans.DayQuerySchema, location="query")
@blueprint.response(200, plans.DayPlanSchema)
def get_day_plan(query: Payload, *, on: date) -> dict[str, Any]:
    """Get somebody's day: visits with the ways between them, what is due, what is free."""
    return service.day_plan(on, **query, visible_to=current_actor(), now=clock.now())


@blueprint.get("/v1/week-plans/<day:on>")
@requires(*Role)
@refuses(NotFound, Invalid)
@blueprint.arguments(plans.DayQuerySchema, location="query")
@blueprint.response(200, plans.WeekPlanSchema)
def get_week_plan(query: Payload, *, on: date) -> dict[str, Any]:
    """Get the week in which a day lies, day by day."""
    return service.week_plan(on, **query, visible_to=current_actor(), now=clock.now())


@blueprint.get("/v1/day-plans/<day:on>/team")
@requires(Role.MANAGER, Role.ADMIN, Role.AUDITOR)
@refuses(NotFound)
@blueprint.arguments(plans.TeamDayQuerySchema, location="query")
@blueprint.response(200, plans.TeamDayPageSchema)
def list_team_day(query: Payload, *, on: date) -> Page:
    """List the day of each account manager of your teams, in numbers."""
    return service.list_team_day(on, **query, visible_to=current_actor(), now=clock.now())


@blueprint.post("/v1/day-plans/<day:on>/visits")
@requires(Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)
@refuses(NotFound, Invalid)
@blueprint.arguments(plans.NewDayVisitsSchema)
@blueprint.response(200, plans.PlannedVisitsSchema)
def plan_visits(payload: Payload, *, on: date) -> dict[str, Any]:
    """Plan the visits of a day: what the governor refuses is told of, the others stand."""
    items = service.plan_visits(on, wanted=payload["visits"], by=current_actor(), now=clock.now())
    return {"items": items}
