"""The library (话术库): what is proposed, approved, in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.kit import clock
from crm_api.kit.errors import IdTaken, NotFound
from crm_api.kit.routing import Blueprint, refuses
from crm_api.preparation.library import errors, queries, schemas, service

if TYPE_CHECKING:
    from crm_api.kit.schemas import Payload

WRITERS = (Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)
APPROVERS = (Role.MANAGER, Role.ADMIN)
ENTRY = "/v1/library-entries/<record_id:entry_id>"
VERSION = f"{ENTRY}/versions/<int:number>"

blueprint = Blueprint(
    "library",
    __name__,
    description="What is said at the door (话术): topics, openers, scripts, soothing words.",
)


@blueprint.get("/v1/library-entries")
@requires(*Role)
@blueprint.arguments(schemas.LibraryQuerySchema, location="query")
@blueprint.response(200, schemas.LibraryEntryPageSchema)
def list_entries(query: Payload) -> Any:
    """List the library by name."""
    return queries.list_entries(**query)


@blueprint.post("/v1/library-entries")
@requires(*WRITERS)
@refuses(IdTaken, errors.EntryNameTaken, errors.SaysForbiddenWords)
@blueprint.arguments(schemas.NewLibraryEntrySchema)
@blueprint.response(201, schemas.LibraryEntrySchema)
def propose_entry(payload: Payload) -> Any:
    """Propose something new to say."""
    return service.propose_entry(payload, by=current_actor(), now=clock.now())


@blueprint.get("/v1/library-proposals")
@requires(*WRITERS, Role.AUDITOR)
@blueprint.arguments(schemas.LibraryProposalQuerySchema, location="query")
@blueprint.response(200, schemas.LibraryProposalPageSchema)
def list_proposals(query: Payload) -> Any:
    """List what awaits approval, or stands otherwise, the oldest first."""
    return service.list_versions(by=current_actor(), **query)


@blueprint.get(ENTRY)
@requires(*Role)
@refuses(NotFound)
@blueprint.response(200, schemas.LibraryEntrySchema)
def get_entry(*, entry_id: str) -> Any:
    """Show an entry with its versions."""
    return queries.get_entry(entry_id)


@blueprint.put(f"{ENTRY}/retirement")
@requires(*APPROVERS)
@refuses(NotFound)
@blueprint.arguments(schemas.LibraryReasonSchema)
@blueprint.response(200, schemas.LibraryEntrySchema)
def retire_entry(payload: Payload, *, entry_id: str) -> Any:
    """Take an entry out of use for good."""
    return service.retire_entry(entry_id, by=current_actor(), now=clock.now(), **payload)


@blueprint.post(f"{ENTRY}/versions")
@requires(*WRITERS)
@refuses(NotFound, errors.EntryRetired, errors.SaysForbiddenWords)
@blueprint.arguments(schemas.LibraryWordsSchema)
@blueprint.response(201, schemas.LibraryEntrySchema)
def propose_version(payload: Payload, *, entry_id: str) -> Any:
    """Propose other words for an entry."""
    return service.propose_version(entry_id, payload, by=current_actor(), now=clock.now())


@blueprint.put(f"{VERSION}/approval")
@requires(*APPROVERS)
@refuses(
    NotFound,
    errors.EntryRetired,
    errors.NotProposed,
    errors.OwnProposal,
    errors.SaysForbiddenWords,
)
@blueprint.response(200, schemas.LibraryEntrySchema)
def approve_version(*, entry_id: str, number: int) -> Any:
    """Let words reach briefs, as the second person."""
    return service.approve_version(entry_id, number, by=current_actor(), now=clock.now())


@blueprint.put(f"{VERSION}/rejection")
@requires(*APPROVERS)
@refuses(NotFound, errors.NotProposed)
@blueprint.arguments(schemas.LibraryReasonSchema)
@blueprint.response(200, schemas.LibraryEntrySchema)
def reject_version(payload: Payload, *, entry_id: str, number: int) -> Any:
    """Send words back to whoever proposed them."""
    return service.reject_version(entry_id, number, by=current_actor(), now=clock.now(), **payload)


@blueprint.put(f"{VERSION}/withdrawal")
@requires(*WRITERS)
@refuses(NotFound, errors.NotYourProposal, errors.NotProposed)
@blueprint.arguments(schemas.LibraryReasonSchema)
@blueprint.response(200, schemas.LibraryEntrySchema)
def withdraw_version(payload: Payload, *, entry_id: str, number: int) -> Any:
    """Take a proposal back."""
    return service.withdraw_version(
        entry_id, number, by=current_actor(), now=clock.now(), **payload
    )
