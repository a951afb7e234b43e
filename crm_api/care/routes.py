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
from crm_api.kit import clock
from crm_api.kit.errors import IdTaken, Invalid, NotFound
from crm_api.kit.routing import Blueprint, refuses

if TYPE_CHECKING:
    from datetime import date

    from crm_api.kit.schemas import Payload

WRITERS = (Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)
APPROVERS = (Role.MANAGER, Role.ADMIN)

blueprint = Blueprint("care", __name__, description="Templates, greetings and their outbox.")


@blueprint.get("/v1/care-templates")
@requires(*Role)
@refuses(Invalid)
@blueprint.arguments(schemas.TemplateQuerySchema, location="query")
@blueprint.response(200, schemas.TemplatePageSchema)
def list_templates(payload: Payload) -> Any:
    """List templates with their versions."""
    return queries.list_templates(**payload)


@blueprint.post("/v1/care-templates")
@requires(*WRITERS)
@refuses(Invalid, IdTaken, errors.TemplateNameTaken)
@blueprint.arguments(schemas.NewTemplateSchema)
@blueprint.response(201, schemas.TemplateSchema)
def create_template(payload: Payload) -> Any:
    """Draft a template."""
    return service.create_template(**payload, by=current_actor(), now=clock.now())


@blueprint.get("/v1/care-templates/<record_id:template_id>")
@requires(*Role)
@refuses(NotFound)
@blueprint.response(200, schemas.TemplateSchema)
def get_template(*, template_id: str) -> Any:
    """Show a template with its versions."""
    return queries.get_template(template_id)


@blueprint.post("/v1/care-templates/<record_id:template_id>/versions")
@requires(*WRITERS)
@refuses(NotFound)
@blueprint.arguments(schemas.NewVersionSchema)
@blueprint.response(201, schemas.TemplateSchema)
def draft_version(payload: Payload, *, template_id: str) -> Any:
    """Draft a new version of a template."""
    return service.draft_version(template_id, **payload, by=current_actor(), now=clock.now())


@blueprint.get("/v1/care-templates/<record_id:template_id>/versions/<int:number>/preview")
@requires(*Role)
@refuses(NotFound)
@blueprint.arguments(schemas.PreviewQuerySchema, location="query")
@blueprint.response(200, schemas.PreviewSchema)
def preview_version(payload: Payload, *, template_id: str, number: int) -> Any:
    """Show a version as a customer would read it, with its length and its faults."""
    return service.preview_version(template_id, number, **payload, visible_to=current_actor())


@blueprint.put("/v1/care-templates/<record_id:template_id>/versions/<int:number>/submission")
@requires(*WRITERS)
@refuses(NotFound, errors.NotADraft, errors.TemplateNotFit)
@blueprint.response(200, schemas.TemplateSchema)
def submit_version(*, template_id: str, number: int) -> Any:
    """Offer a draft for approval."""
    return service.submit_version(template_id, number, by=current_actor(), now=clock.now())


@blueprint.put("/v1/care-templates/<record_id:template_id>/versions/<int:number>/approval")
@requires(*APPROVERS)
@refuses(NotFound, errors.NotAwaitingApproval, errors.OwnTemplate, errors.TemplateNotFit)
@blueprint.response(200, schemas.TemplateSchema)
def approve_version(*, template_id: str, number: int) -> Any:
    """Let a version reach customers, as the second person."""
    return service.approve_version(template_id, number, by=current_actor(), now=clock.now())


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
    blueprint,
    *approval.BLUEPRINTS,
    *doubts.BLUEPRINTS,
    *gateway.BLUEPRINTS,
    *compat.BLUEPRINTS,
)
