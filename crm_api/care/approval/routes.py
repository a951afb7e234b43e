"""The day's approval, for managers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.care.approval import queries, schemas, service
from crm_api.care.approval.errors import DayIsOver, RulingFromAbove, RulingLifted
from crm_api.care.errors import MessageMovedOn
from crm_api.kit import clock
from crm_api.kit.errors import Busy, Invalid, NotFound
from crm_api.kit.routing import Blueprint, refuses
from crm_api.kit.schemas import PageQuerySchema

if TYPE_CHECKING:
    from datetime import date

    from crm_api.kit.schemas import Payload

LEADERS = (Role.MANAGER, Role.ADMIN)
READERS = (*LEADERS, Role.AUDITOR)

blueprint = Blueprint(
    "care days", __name__, description="What goes out on a day, and what managers rule about it."
)
BLUEPRINTS = (blueprint,)


@blueprint.get("/v1/care-days/<day:on>")
@requires(*READERS)
@refuses(NotFound)
@blueprint.arguments(schemas.DayQuerySchema, location="query")
@blueprint.response(200, schemas.CareDaySchema)
def show_day(payload: Payload, *, on: date) -> Any:
    """Show what waits to go out on a day, by team and words, and who gets nothing.

    The messages themselves: `GET /v1/care-messages?on=…&team_id=…&template_id=…`; the people who
    get none: `GET /v1/care-refusals?from=…&to=…`.
    """
    return service.show_day(on, **payload, visible_to=current_actor())


@blueprint.get("/v1/care-plan-runs")
@requires(Role.ADMIN, Role.AUDITOR)
@refuses(Invalid)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, schemas.PlanRunPageSchema)
def list_runs(payload: Payload) -> Any:
    """List the planner's runs with their numbers, the newest first.

    They count the customers of the whole organisation. What becomes of a team's is in
    `GET /v1/care-plans/{on}` and `GET /v1/care-days/{on}`.
    """
    return queries.list_runs(**payload)


@blueprint.get("/v1/care-days/<day:on>/rulings")
@requires(*READERS)
@refuses(Invalid)
@blueprint.arguments(schemas.RulingsQuerySchema, location="query")
@blueprint.response(200, schemas.RulingPageSchema)
def list_rulings(payload: Payload, *, on: date) -> Any:
    """List the holds on a day's messages and the leave given for them, those from above too."""
    return queries.list_rulings(on, **payload, visible_to=current_actor())


@blueprint.post("/v1/care-days/<day:on>/rulings")
@requires(*LEADERS)
@refuses(NotFound, DayIsOver, MessageMovedOn, Busy)
@blueprint.arguments(schemas.NewRulingSchema)
@blueprint.response(201, schemas.RulingSchema)
def rule(payload: Payload, *, on: date) -> Any:
    """Hold one message of a day, some or all, or let them go."""
    return service.rule(on, **payload, by=current_actor(), now=clock.now())


@blueprint.put("/v1/care-rulings/<record_id:ruling_id>/lift")
@requires(*LEADERS)
@refuses(NotFound, DayIsOver, RulingFromAbove, RulingLifted, Busy)
@blueprint.arguments(schemas.RulingLiftSchema)
@blueprint.response(200, schemas.RulingSchema)
def lift_ruling(payload: Payload, *, ruling_id: str) -> Any:
    """Release what is held while its day lasts, or take leave back."""
    return service.lift_ruling(ruling_id, **payload, by=current_actor(), now=clock.now())
