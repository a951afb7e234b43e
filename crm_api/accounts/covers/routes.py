"""`/v1/covers`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.covers import queries, service
from crm_api.accounts.covers.errors import CoverClash, CoverOver
from crm_api.accounts.covers.schemas import (
    CoverChangesSchema,
    CoverPageSchema,
    CoverQuerySchema,
    CoverSchema,
    NewCoverSchema,
)
from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.kit import clock
from crm_api.kit.errors import Invalid, NotFound
from crm_api.kit.routing import UPDATES, Blueprint, expected_version, refuses

if TYPE_CHECKING:
    from crm_api.accounts.covers.models import Cover
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

LEADERS = (Role.MANAGER, Role.ADMIN)

blueprint = Blueprint("covers", __name__, description="Who stands in for whom, and how long.")


@blueprint.get("/v1/covers")
@requires(*Role)
@blueprint.arguments(CoverQuerySchema, location="query")
@blueprint.response(200, CoverPageSchema)
def list_covers(query: Payload) -> Page:
    """List covers, the last to end first: your own ones, a manager's teams', or all."""
    return queries.list_covers(visible_to=current_actor(), now=clock.now(), **query)


@blueprint.post("/v1/covers")
@requires(*LEADERS)
@refuses(Invalid, CoverClash)
@blueprint.arguments(NewCoverSchema)
@blueprint.response(201, CoverSchema)
def arrange_cover(payload: Payload) -> Cover:
    """Let a colleague look after an absent one's customers for a time."""
    return service.arrange_cover(**payload, by=current_actor(), now=clock.now())


@blueprint.get("/v1/covers/<record_id:cover_id>")
@requires(*Role)
@refuses(NotFound)
@blueprint.response(200, CoverSchema)
def show_cover(*, cover_id: str) -> Cover:
    """Show a cover."""
    return queries.get_cover(cover_id, visible_to=current_actor())


@blueprint.patch("/v1/covers/<record_id:cover_id>")
@requires(*LEADERS)
@refuses(NotFound, Invalid, CoverClash, CoverOver, *UPDATES)
@blueprint.arguments(CoverChangesSchema)
@blueprint.response(200, CoverSchema)
def change_cover(payload: Payload, *, cover_id: str) -> Cover:
    """Let a cover last for longer, or for less long."""
    return service.change_cover(
        cover_id, **payload, expected=expected_version(), by=current_actor(), now=clock.now()
    )


@blueprint.put("/v1/covers/<record_id:cover_id>/end")
@requires(*LEADERS)
@refuses(NotFound)
@blueprint.response(200, CoverSchema)
def end_cover(*, cover_id: str) -> Cover:
    """Let a cover end now, as when the colleague is back early."""
    return service.end_cover(cover_id, by=current_actor(), now=clock.now())
