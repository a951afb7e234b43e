"""What visits left to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.kit import clock
from crm_api.kit.errors import NotFound
from crm_api.kit.routing import Blueprint, refuses
from crm_api.kit.schemas import page_schema
from crm_api.visits import queries, service
from crm_api.visits.errors import AlreadyDone
from crm_api.visits.routes.visits import WRITERS
from crm_api.visits.schemas.records import (
    FollowUpSchema,
    TaskDoneSchema,
    TaskQuerySchema,
)

if TYPE_CHECKING:
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload
    from crm_api.visits.models import FollowUp

blueprint = Blueprint("visit tasks", __name__, description="Follow-ups of visits.")


@blueprint.get("/v1/follow-ups")
@requires(*Role)
@blueprint.arguments(TaskQuerySchema, location="query")
@blueprint.response(200, page_schema(FollowUpSchema))
def list_follow_ups(query: Payload) -> Page:
    """List follow-ups by due date."""
    return queries.follow_ups(visible_to=current_actor(), **query)


@blueprint.put("/v1/follow-ups/<record_id:follow_up_id>/completion")
@requires(*WRITERS)
@refuses(NotFound, AlreadyDone)
@blueprint.arguments(TaskDoneSchema)
@blueprint.response(200, FollowUpSchema)
def finish_follow_up(payload: Payload, *, follow_up_id: str) -> FollowUp:
    """Note that a task is done; a slot that nobody used goes back."""
    return service.finish_follow_up(follow_up_id, by=current_actor(), now=clock.now(), **payload)
