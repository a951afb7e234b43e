"""The policy desk's routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.contact_frequency.desk.errors import (
    DraftOutdated,
    DraftSettled,
    LegalPolicyLoosened,
    NotYourDraft,
    OwnDraft,
    PolicyOutOfReach,
    SimulationMissing,
    SimulationOutdated,
)
from crm_api.contact_frequency.desk.queries import drafts, policies, simulations
from crm_api.contact_frequency.desk.schemas import drafts as draft_schemas
from crm_api.contact_frequency.desk.schemas import simulations as simulation_schemas
from crm_api.contact_frequency.desk.service import approving, drafting, simulating
from crm_api.contact_frequency.errors import EffectiveInPast, PolicyExists, PolicyLoosensTooMuch
from crm_api.kit import clock
from crm_api.kit.errors import Busy, Invalid, NotFound
from crm_api.kit.routing import UPDATES, Blueprint, expected_version, given_version, refuses
from crm_api.kit.schemas import PageQuerySchema, page_schema

if TYPE_CHECKING:
    from crm_api.kit.schemas import Payload

DRAFTERS = (Role.MANAGER, Role.ADMIN)
READERS = (*DRAFTERS, Role.AUDITOR)
FAULTS = (PolicyOutOfReach, LegalPolicyLoosened, PolicyLoosensTooMuch, EffectiveInPast, NotFound)
ONE_DRAFT = "/v1/policy-drafts/<record_id:draft_id>"

policies_blueprint = Blueprint(
    "frequency policies", __name__, description="How often, and when, customers are contacted."
)
drafts_blueprint = Blueprint(
    "policy drafts", __name__, description="Changes of policies: drafted, simulated, approved."
)
BLUEPRINTS = (policies_blueprint, drafts_blueprint)


@policies_blueprint.get("/v1/frequency-policies")
@requires(*Role)
@refuses(Invalid)
@policies_blueprint.arguments(PageQuerySchema, location="query")
@policies_blueprint.response(200, page_schema(draft_schemas.FrequencyPolicySchema))
def list_policies(payload: Payload) -> Any:
    """List the policies: what is in force, and what takes effect next."""
    return policies.list_policies(**payload, visible_to=current_actor(), now=clock.now())


@policies_blueprint.get("/v1/frequency-policies/<record_id:policy_id>/versions")
@requires(*Role)
@refuses(NotFound, Invalid)
@policies_blueprint.arguments(PageQuerySchema, location="query")
@policies_blueprint.response(200, page_schema(draft_schemas.PolicyHistorySchema))
def list_versions(payload: Payload, *, policy_id: str) -> Any:
    """List a policy's versions, the newest first: who, why, and what each changed."""
    return policies.list_versions(policy_id, **payload, visible_to=current_actor())


@drafts_blueprint.post("/v1/policy-drafts")
@requires(*DRAFTERS)
@refuses(PolicyExists, *FAULTS)
@drafts_blueprint.arguments(draft_schemas.NewPolicyDraftSchema)
@drafts_blueprint.response(201, draft_schemas.WholePolicyDraftSchema)
def draft_policy(payload: Payload) -> Any:
    """Draft a new policy."""
    return drafting.draft_policy(**payload, by=current_actor(), now=clock.now())


@drafts_blueprint.post("/v1/frequency-policies/<record_id:policy_id>/drafts")
@requires(*DRAFTERS)
@refuses(*FAULTS)
@drafts_blueprint.arguments(draft_schemas.PolicyChangeSchema)
@drafts_blueprint.response(201, draft_schemas.WholePolicyDraftSchema)
def draft_change(payload: Payload, *, policy_id: str) -> Any:
    """Draft a policy's next version."""
    return drafting.draft_change(policy_id, **payload, by=current_actor(), now=clock.now())


@drafts_blueprint.post("/v1/frequency-policies/<record_id:policy_id>/rollbacks")
@requires(*DRAFTERS)
@refuses(*FAULTS)
@drafts_blueprint.arguments(draft_schemas.PolicyRollbackSchema)
@drafts_blueprint.response(201, draft_schemas.WholePolicyDraftSchema)
def draft_rollback(payload: Payload, *, policy_id: str) -> Any:
    """Draft a version with the content of an older one."""
    return drafting.draft_rollback(policy_id, **payload, by=current_actor(), now=clock.now())


@drafts_blueprint.get("/v1/policy-drafts")
@requires(*READERS)
@refuses(Invalid)
@drafts_blueprint.arguments(draft_schemas.PolicyDraftsQuerySchema, location="query")
@drafts_blueprint.response(200, page_schema(draft_schemas.PolicyDraftSchema))
def list_drafts(payload: Payload) -> Any:
    """List drafts, the newest first."""
    return drafts.list_drafts(**payload, visible_to=current_actor())


@drafts_blueprint.get(ONE_DRAFT)
@requires(*READERS)
@refuses(NotFound)
@drafts_blueprint.response(200, draft_schemas.WholePolicyDraftSchema)
def show_draft(*, draft_id: str) -> Any:
    """Read a draft, and what it would change."""
    return drafts.show_draft(draft_id, visible_to=current_actor())


@drafts_blueprint.put(ONE_DRAFT)
@requires(*DRAFTERS)
@refuses(NotYourDraft, DraftSettled, *FAULTS, *UPDATES)
@drafts_blueprint.arguments(draft_schemas.PolicyChangeSchema)
@drafts_blueprint.response(200, draft_schemas.WholePolicyDraftSchema)
def revise_draft(payload: Payload, *, draft_id: str) -> Any:
    """Let a draft say something else, upon the policy as it stands now."""
    return drafting.revise_draft(
        draft_id, **payload, expected=expected_version(), by=current_actor(), now=clock.now()
    )


@drafts_blueprint.put(f"{ONE_DRAFT}/discard")
@requires(*DRAFTERS)
@refuses(NotYourDraft, DraftSettled, NotFound, UPDATES[0])
@drafts_blueprint.arguments(draft_schemas.DraftReasonSchema)
@drafts_blueprint.response(200, draft_schemas.WholePolicyDraftSchema)
def discard_draft(payload: Payload, *, draft_id: str) -> Any:
    """Let a draft be."""
    return drafting.discard_draft(
        draft_id, **payload, expected=given_version(), by=current_actor(), now=clock.now()
    )


@drafts_blueprint.put(f"{ONE_DRAFT}/simulation")
@requires(*DRAFTERS)
@refuses(DraftSettled, NotFound, Busy)
@drafts_blueprint.response(200, simulation_schemas.PolicySimulationSchema)
def simulate_draft(*, draft_id: str) -> Any:
    """Find out what a draft would do, and keep that for its approval. Takes seconds."""
    return simulating.simulate_draft(draft_id, by=current_actor(), now=clock.now())


@drafts_blueprint.get(f"{ONE_DRAFT}/simulation")
@requires(*READERS)
@refuses(NotFound)
@drafts_blueprint.response(200, simulation_schemas.PolicySimulationSchema)
def show_simulation(*, draft_id: str) -> Any:
    """Read what a draft's newest simulation found."""
    return simulations.show_simulation(draft_id, visible_to=current_actor())


@drafts_blueprint.get(f"{ONE_DRAFT}/simulation/contacts")
@requires(*READERS)
@refuses(NotFound, Invalid)
@drafts_blueprint.arguments(simulation_schemas.SimulatedContactsQuerySchema, location="query")
@drafts_blueprint.response(200, page_schema(simulation_schemas.SimulatedContactSchema))
def list_simulated_contacts(payload: Payload, *, draft_id: str) -> Any:
    """List the contacts that were counted as refused or fallen, the earliest first."""
    return simulations.list_contacts(draft_id, **payload, visible_to=current_actor())


@drafts_blueprint.get(f"{ONE_DRAFT}/simulation/customers")
@requires(*READERS)
@refuses(NotFound, Invalid)
@drafts_blueprint.arguments(PageQuerySchema, location="query")
@drafts_blueprint.response(200, page_schema(simulation_schemas.SimulatedCustomerSchema))
def list_simulated_customers(payload: Payload, *, draft_id: str) -> Any:
    """List the customers whose free days change."""
    return simulations.list_customers(draft_id, **payload, visible_to=current_actor())


@drafts_blueprint.put(f"{ONE_DRAFT}/approval")
@requires(*DRAFTERS)
@refuses(OwnDraft, DraftSettled, DraftOutdated, SimulationMissing, SimulationOutdated)
@refuses(PolicyExists, *FAULTS, *UPDATES)
@drafts_blueprint.arguments(draft_schemas.DraftReasonSchema)
@drafts_blueprint.response(200, draft_schemas.WholePolicyDraftSchema)
def approve_draft(payload: Payload, *, draft_id: str) -> Any:
    """Let a colleague's draft take effect."""
    return approving.approve_draft(
        draft_id, **payload, expected=expected_version(), by=current_actor()
    )
