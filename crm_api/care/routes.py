"""Care's routes for people; gateways have their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.calendars.errors import DayOutOfRange
from crm_api.care import errors, queries, schemas, service
from crm_api.care.approval import routes as approval
from crm_api.care.compat import routes as compat
from crm_api.care.doubts import routes as doubts
from crm_api.care.gateway import routes as gateway
from crm_api.care.wishes import routes as wishes
from crm_api.care.wording import routes as wording
from crm_api.kit import clock
from crm_api.kit.errors import Invalid, NotFound
from crm_api.kit.routing import Blueprint, refuses

if TYPE_CHECKING:
    from datetime import date

    from crm_api.kit.schemas import Payload

WRITERS = (Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)

blueprint = Blueprint("care", __name__, description="Greetings and their outbox.")


@blueprint.get("/v1/care-messages")
@requires(*Role)
@refuses(Invalid)
@blueprint.arguments(schemas.MessageQuerySchema, location="query")
@blueprint.response(200, schemas.MessagePageSchema)
def list_messages(payload: Payload) -> Any:
    """List messages by the moment they are due."""
    return queries.list_messages(**payload, visible_to=current_actor())


@blueprint.get("/v1/care-messages/<record_id:message_id>")
@requires(*Role)
@refuses(NotFound)
@blueprint.response(200, schemas.MessageSchema)
def get_message(*, message_id: str) -> Any:
    """Show a message."""
    return queries.get_message(message_id, visible_to=current_actor())


@blueprint.put("/v1/care-messages/<record_id:message_id>/cancellation")
@requires(*WRITERS)
@refuses(NotFound, errors.MessageMovedOn)
@blueprint.arguments(schemas.CancellationSchema)
@blueprint.response(200, schemas.MessageSchema)
def cancel_message(payload: Payload, *, message_id: str) -> Any:
    """Take a message back before a gateway begins to send it."""
    return service.cancel_message(message_id, **payload, by=current_actor(), now=clock.now())


@blueprint.get("/v1/care-plans/<day:on>")
@requires(*Role)
@refuses(DayOutOfRange)
@blueprint.response(200, schemas.DayPreviewSchema)
def preview_day(*, on: date) -> Any:
    """Show how the care of a day stands: who is due, planned, and why others are not."""
    return service.preview_day(on, visible_to=current_actor(), now=clock.now())


BLUEPRINTS = (
    *wording.BLUEPRINTS,
    blueprint,
    *approval.BLUEPRINTS,
    *doubts.BLUEPRINTS,
    *wishes.BLUEPRINTS,
    *gateway.BLUEPRINTS,
    *compat.BLUEPRINTS,
)
