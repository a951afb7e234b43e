"""Policies and their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.contact_frequency.errors import EffectiveInPast, PolicyExists, PolicyLoosensTooMuch
from crm_api.contact_frequency.queries import lists
from crm_api.contact_frequency.schemas import policies as schemas
from crm_api.contact_frequency.service import governing
from crm_api.kit import clock
from crm_api.kit.errors import Invalid, NotFound
from crm_api.kit.routing import Blueprint, refuses
from crm_api.kit.schemas import PageQuerySchema, page_schema

if TYPE_CHECKING:
    from crm_api.kit.schemas import Payload

blueprint = Blueprint(
    "frequency_policies", __name__, description="How often, and when, customers are contacted."
)


@blueprint.get("/v1/frequency-policies")
@requires(*Role)
@refuses(Invalid)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, page_schema(schemas.FrequencyPolicySchema))
def list_policies(payload: Payload) -> Any:
    """List the policies with their newest versions."""
    return lists.list_policies(**payload)


@blueprint.post("/v1/frequency-policies")
@requires(Role.MANAGER, Role.ADMIN)
@refuses(PolicyExists, PolicyLoosensTooMuch, EffectiveInPast, NotFound)
@blueprint.arguments(schemas.NewFrequencyPolicySchema)
@blueprint.response(201, schemas.FrequencyVersionSchema)
def create_policy(payload: Payload) -> Any:
    """Lay down a policy."""
    return governing.lay_down_policy(**payload, by=current_actor(), now=clock.now())


@blueprint.get("/v1/frequency-policies/<record_id:policy_id>/versions")
@requires(*Role)
@refuses(NotFound, Invalid)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, page_schema(schemas.FrequencyVersionSchema))
def list_versions(payload: Payload, *, policy_id: str) -> Any:
    """List a policy's versions, the newest first."""
    return lists.list_versions(policy_id, **payload)


@blueprint.post("/v1/frequency-policies/<record_id:policy_id>/versions")
@requires(Role.MANAGER, Role.ADMIN)
@refuses(NotFound, PolicyLoosensTooMuch, EffectiveInPast)
@blueprint.arguments(schemas.NewFrequencyVersionSchema)
@blueprint.response(201, schemas.FrequencyVersionSchema)
def add_version(payload: Payload, *, policy_id: str) -> Any:
    """Let a policy say something else from a moment on."""
    return governing.change_policy(policy_id, **payload, by=current_actor(), now=clock.now())
