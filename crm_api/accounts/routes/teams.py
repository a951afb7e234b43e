"""The team tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts import queries, service
from crm_api.accounts.errors import TeamCycle, TeamTooDeep
from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.accounts.schemas.staff import (
    NewTeamSchema,
    TeamChangesSchema,
    TeamPageSchema,
    TeamQuerySchema,
    TeamSchema,
)
from crm_api.kit import clock
from crm_api.kit.errors import IdTaken, Invalid, NotFound
from crm_api.kit.routing import UPDATES, Blueprint, expected_version, refuses

if TYPE_CHECKING:
    from crm_api.accounts.models import Team
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

blueprint = Blueprint("teams", __name__, description="The tree that decides who sees what.")


@blueprint.get("/v1/teams")
@requires(*Role)
@blueprint.arguments(TeamQuerySchema, location="query")
@blueprint.response(200, TeamPageSchema)
def list_teams(query: Payload) -> Page:
    """List the teams that the caller may see, parents before their children."""
    return queries.list_teams(visible_to=current_actor(), **query)


@blueprint.post("/v1/teams")
@requires(Role.ADMIN)
@refuses(IdTaken, Invalid, TeamTooDeep)
@blueprint.arguments(NewTeamSchema)
@blueprint.response(201, TeamSchema)
def create_team(payload: Payload) -> Team:
    """Add a team to the tree."""
    return service.create_team(by_id=current_actor().id, now=clock.now(), **payload)


@blueprint.get("/v1/teams/<record_id:team_id>")
@requires(*Role)
@refuses(NotFound)
@blueprint.response(200, TeamSchema)
def show_team(*, team_id: str) -> Team:
    """Show a team."""
    return queries.get_team(team_id, visible_to=current_actor())


@blueprint.patch("/v1/teams/<record_id:team_id>")
@requires(Role.ADMIN)
@refuses(NotFound, Invalid, TeamCycle, TeamTooDeep, *UPDATES)
@blueprint.arguments(TeamChangesSchema)
@blueprint.response(200, TeamSchema)
def change_team(payload: Payload, *, team_id: str) -> Team:
    """Rename a team, or move it with all beneath it."""
    return service.change_team(
        team_id,
        changes=payload,
        expected=expected_version(),
        by=current_actor(),
        now=clock.now(),
    )
