"""Routes of templates and their approval, of forbidden words, and of pools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.calendars import service as calendars
from crm_api.calendars.errors import DayOutOfRange
from crm_api.care import errors
from crm_api.care import service as care
from crm_api.care.wording import queries, schemas, service
from crm_api.kit import clock
from crm_api.kit.errors import IdTaken, Invalid, NotFound
from crm_api.kit.routing import Blueprint, refuses

if TYPE_CHECKING:
    from crm_api.kit.schemas import Payload

WRITERS = (Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)
APPROVERS = (Role.MANAGER, Role.ADMIN)
READERS = (*APPROVERS, Role.AUDITOR)
TEMPLATE = "/v1/care-templates/<record_id:template_id>"
VERSION = f"{TEMPLATE}/versions/<int:number>"

blueprint = Blueprint(
    "care templates", __name__, description="What is written to customers, and who answers for it."
)
BLUEPRINTS = (blueprint,)


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


@blueprint.post("/v1/care-template-preflights")
@requires(*WRITERS)
@refuses(Invalid)
@blueprint.arguments(schemas.TextSchema)
@blueprint.response(200, schemas.PreflightSchema)
def preflight_template(payload: Payload) -> Any:
    """Tell what is wrong with a text and how long it is, and store nothing."""
    return service.preflight_template(**payload)


@blueprint.get("/v1/care-template-versions")
@requires(*WRITERS, Role.AUDITOR)
@refuses(Invalid)
@blueprint.arguments(schemas.VersionsQuerySchema, location="query")
@blueprint.response(200, schemas.ListedVersionPageSchema)
def list_versions(payload: Payload) -> Any:
    """List what awaits approval, or stands otherwise, with its faults of today."""
    return service.list_versions(**payload, by=current_actor())


@blueprint.get(TEMPLATE)
@requires(*Role)
@refuses(NotFound)
@blueprint.response(200, schemas.TemplateSchema)
def get_template(*, template_id: str) -> Any:
    """Show a template with its versions."""
    return queries.get_template(template_id)


@blueprint.put(f"{TEMPLATE}/retirement")
@requires(*APPROVERS)
@refuses(NotFound)
@blueprint.arguments(schemas.ReasonSchema)
@blueprint.response(200, schemas.TemplateSchema)
def retire_template(payload: Payload, *, template_id: str) -> Any:
    """Take a template out of use for good."""
    return service.retire_template(template_id, **payload, by=current_actor(), now=clock.now())


@blueprint.get(f"{TEMPLATE}/comparison")
@requires(*Role)
@refuses(NotFound)
@blueprint.arguments(schemas.ComparisonQuerySchema, location="query")
@blueprint.response(200, schemas.ComparisonSchema)
def compare_versions(payload: Payload, *, template_id: str) -> Any:
    """Compare two versions of a template, piece by piece."""
    return service.compare_versions(template_id, **payload)


@blueprint.post(f"{TEMPLATE}/versions")
@requires(*WRITERS)
@refuses(NotFound, errors.TemplateRetired)
@blueprint.arguments(schemas.NewVersionSchema)
@blueprint.response(201, schemas.TemplateSchema)
def draft_version(payload: Payload, *, template_id: str) -> Any:
    """Draft a new version of a template."""
    return service.draft_version(template_id, **payload, by=current_actor(), now=clock.now())


@blueprint.get(f"{VERSION}/preview")
@requires(*Role)
@refuses(NotFound, DayOutOfRange)
@blueprint.arguments(schemas.PreviewQuerySchema, location="query")
@blueprint.response(200, schemas.PreviewSchema)
def preview_version(payload: Payload, *, template_id: str, number: int) -> Any:
    """Show a version as a customer would read it, with its length and its faults."""
    return care.preview_version(
        template_id, number, **payload, visible_to=current_actor(), now=clock.now()
    )


@blueprint.put(f"{VERSION}/submission")
@requires(*WRITERS)
@refuses(NotFound, errors.NotADraft, errors.TemplateNotFit, errors.TemplateRetired)
@blueprint.response(200, schemas.TemplateSchema)
def submit_version(*, template_id: str, number: int) -> Any:
    """Offer a draft for approval."""
    return service.submit_version(template_id, number, by=current_actor(), now=clock.now())


@blueprint.put(f"{VERSION}/approval")
@requires(*APPROVERS)
@refuses(
    NotFound,
    errors.NotAwaitingApproval,
    errors.OwnTemplate,
    errors.TemplateNotFit,
    errors.TemplateRetired,
)
@blueprint.response(200, schemas.TemplateSchema)
def approve_version(*, template_id: str, number: int) -> Any:
    """Let a version reach customers, as the second person."""
    return service.approve_version(template_id, number, by=current_actor(), now=clock.now())


@blueprint.put(f"{VERSION}/rejection")
@requires(*APPROVERS)
@refuses(NotFound, errors.NotAwaitingApproval)
@blueprint.arguments(schemas.ReasonSchema)
@blueprint.response(200, schemas.TemplateSchema)
def reject_version(payload: Payload, *, template_id: str, number: int) -> Any:
    """Send a version back to its author."""
    return service.reject_version(
        template_id, number, **payload, by=current_actor(), now=clock.now()
    )


@blueprint.put(f"{VERSION}/withdrawal")
@requires(*WRITERS)
@refuses(NotFound, errors.NotYourTemplate, errors.VersionEnded)
@blueprint.arguments(schemas.ReasonSchema)
@blueprint.response(200, schemas.TemplateSchema)
def withdraw_version(payload: Payload, *, template_id: str, number: int) -> Any:
    """Take a version back; an approved one goes out of use."""
    return service.withdraw_version(
        template_id, number, **payload, by=current_actor(), now=clock.now()
    )


@blueprint.get("/v1/customers/<record_id:customer_id>/greeting-preview")
@requires(*Role)
@refuses(NotFound, DayOutOfRange)
@blueprint.arguments(schemas.CustomerPreviewQuerySchema, location="query")
@blueprint.response(200, schemas.CustomerPreviewSchema)
def preview_greetings(payload: Payload, *, customer_id: str) -> Any:
    """Show what a customer would read on a day, for each occasion, and because of what."""
    found = care.preview_greetings(
        customer_id, **payload, visible_to=current_actor(), now=clock.now()
    )
    return {"items": found}


@blueprint.get("/v1/forbidden-words")
@requires(*Role)
@refuses(Invalid)
@blueprint.arguments(schemas.ForbiddenWordsQuerySchema, location="query")
@blueprint.response(200, schemas.ForbiddenWordPageSchema)
def list_forbidden_words(payload: Payload) -> Any:
    """List the words that no template may say."""
    return queries.list_forbidden_words(**payload)


@blueprint.post("/v1/forbidden-words")
@requires(*APPROVERS)
@refuses(Invalid, errors.WordForbiddenAlready)
@blueprint.arguments(schemas.NewForbiddenWordSchema)
@blueprint.response(201, schemas.BanSchema)
def forbid_word(payload: Payload) -> Any:
    """Forbid a word: what says it is planned with no more."""
    return service.forbid_word(**payload, by=current_actor(), now=clock.now())


@blueprint.delete("/v1/forbidden-words/<record_id:word_id>")
@requires(Role.ADMIN)
@refuses(NotFound)
@blueprint.response(204)
def allow_word(*, word_id: str) -> None:
    """Take a word off the list: for everybody, hence by an administrator."""
    service.allow_word(word_id, by=current_actor(), now=clock.now())


@blueprint.get("/v1/care-pools")
@requires(*READERS)
@blueprint.arguments(schemas.PoolsQuerySchema, location="query")
@blueprint.response(200, schemas.PoolsSchema)
def report_pools(payload: Payload) -> Any:
    """Show where words run dry: which occasion, for whom, how many people, and what to add."""
    found = service.report_pools(
        **payload, today=calendars.local_day(clock.now()), visible_to=current_actor()
    )
    return {"items": found}
