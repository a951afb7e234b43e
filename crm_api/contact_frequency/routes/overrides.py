"""Overrides: ask, decide, take back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.contact_frequency.errors import (
    CannotBeOverridden,
    NotRefused,
    NotYourOverride,
    OverrideLapsed,
    OverrideNeedsRole,
    OverrideOpen,
    OverrideQuotaSpent,
    OverrideSettled,
    OwnOverride,
)
from crm_api.contact_frequency.queries import overrides as queries
from crm_api.contact_frequency.schemas import overrides as schemas
from crm_api.contact_frequency.service import overrides
from crm_api.kit import clock
from crm_api.kit.errors import Busy, Invalid, NotFound
from crm_api.kit.routing import Blueprint, refuses
from crm_api.kit.schemas import page_schema

if TYPE_CHECKING:
    from crm_api.kit.schemas import Payload

FIELD = (Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)

blueprint = Blueprint(
    "contact overrides",
    __name__,
    description="One refused contact, let through by a second person. It works once.",
)


@blueprint.post("/v1/contact-overrides")
@requires(*FIELD)
@refuses(NotFound, NotRefused, CannotBeOverridden, OverrideLapsed, OverrideOpen, Busy)
@blueprint.arguments(schemas.OverrideRequestSchema)
@blueprint.response(201, schemas.ContactOverrideSchema)
def ask_override(payload: Payload) -> Any:
    """Ask that a refused contact may be made all the same."""
    return overrides.ask_override(**payload, by=current_actor(), now=clock.now())


@blueprint.get("/v1/contact-overrides")
@requires(*Role)
@refuses(Invalid)
@blueprint.arguments(schemas.OverridesQuerySchema, location="query")
@blueprint.response(200, page_schema(schemas.ContactOverrideSchema))
def list_overrides(payload: Payload) -> Any:
    """List overrides, the newest first."""
    return queries.list_overrides(**payload, visible_to=current_actor(), now=clock.now())


@blueprint.get("/v1/contact-overrides/<record_id:override_id>")
@requires(*Role)
@refuses(NotFound)
@blueprint.response(200, schemas.ContactOverrideSchema)
def get_override(*, override_id: str) -> Any:
    """Show an override."""
    return queries.show_override(override_id, visible_to=current_actor(), now=clock.now())


@blueprint.put("/v1/contact-overrides/<record_id:override_id>/approval")
@requires(*FIELD)
@refuses(NotFound, OwnOverride, OverrideNeedsRole, OverrideQuotaSpent)
@refuses(OverrideSettled, OverrideLapsed, Busy)
@blueprint.arguments(schemas.OverrideAnswerSchema)
@blueprint.response(200, schemas.ContactOverrideSchema)
def approve_override(payload: Payload, *, override_id: str) -> Any:
    """Let the contact be made, once, within 24 hours."""
    return overrides.approve_override(override_id, **payload, by=current_actor(), now=clock.now())


@blueprint.put("/v1/contact-overrides/<record_id:override_id>/refusal")
@requires(*FIELD)
@refuses(NotFound, OwnOverride, OverrideNeedsRole, OverrideSettled, Busy)
@blueprint.arguments(schemas.OverrideAnswerSchema)
@blueprint.response(200, schemas.ContactOverrideSchema)
def decline_override(payload: Payload, *, override_id: str) -> Any:
    """Leave the contact refused."""
    return overrides.decline_override(override_id, **payload, by=current_actor(), now=clock.now())


@blueprint.put("/v1/contact-overrides/<record_id:override_id>/cancellation")
@requires(*FIELD)
@refuses(NotFound, NotYourOverride, OverrideSettled, Busy)
@blueprint.arguments(schemas.OverrideAnswerSchema)
@blueprint.response(200, schemas.ContactOverrideSchema)
def cancel_override(payload: Payload, *, override_id: str) -> Any:
    """Take back what one asked for or approved."""
    return overrides.cancel_override(override_id, **payload, by=current_actor(), now=clock.now())
