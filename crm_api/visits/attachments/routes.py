"""The routes of what hangs on a visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.attachments.errors import AttachmentInUse
from crm_api.kit import clock
from crm_api.kit.errors import NotFound
from crm_api.kit.routing import Blueprint, refuses
from crm_api.kit.schemas import PageQuerySchema, page_schema
from crm_api.visits.attachments import queries, service
from crm_api.visits.attachments.errors import TooManyAttachments
from crm_api.visits.attachments.schemas import NewVisitAttachmentSchema, VisitAttachmentSchema
from crm_api.visits.errors import VisitClosed

if TYPE_CHECKING:
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload
    from crm_api.visits.models import VisitAttachment

WRITERS = (Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)
ONE = "/v1/visits/<record_id:visit_id>/attachments/<record_id:attachment_id>"

blueprint = Blueprint("visit attachments", __name__, description="Photos and signatures of visits.")


@blueprint.put(ONE)
@requires(*WRITERS)
@refuses(NotFound, VisitClosed, AttachmentInUse, TooManyAttachments)
@blueprint.arguments(NewVisitAttachmentSchema)
@blueprint.response(200, VisitAttachmentSchema)
def attach_file(payload: Payload, *, visit_id: str, attachment_id: str) -> VisitAttachment:
    """Hang one's own upload on a visit, before or after its bytes have come."""
    return service.attach_file(
        visit_id, attachment_id, payload, by=current_actor(), now=clock.now()
    )


@blueprint.delete(ONE)
@requires(*WRITERS)
@refuses(NotFound, VisitClosed, AttachmentInUse)
@blueprint.response(204)
def detach_file(*, visit_id: str, attachment_id: str) -> None:
    """Take a file off a visit that is not closed."""
    service.detach_file(visit_id, attachment_id, by=current_actor())


@blueprint.get("/v1/visits/<record_id:visit_id>/attachments")
@requires(*Role)
@refuses(NotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, page_schema(VisitAttachmentSchema))
def list_visit_attachments(query: Payload, *, visit_id: str) -> Page:
    """List the files of a visit, in the order in which they were attached."""
    return queries.visit_attachments(visit_id, visible_to=current_actor(), **query)
