"""`/v1/sync/issues`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.kit import clock
from crm_api.kit.errors import Invalid, NotFound
from crm_api.kit.routing import Blueprint, refuses
from crm_api.sync.issues import queries, schemas, service
from crm_api.sync.issues.errors import IssueSettled

if TYPE_CHECKING:
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload
    from crm_api.sync.models import SyncIssue

blueprint = Blueprint(
    "sync issues", __name__, description="What phones sent and the server would not take."
)


@blueprint.get("/v1/sync/issues")
@requires(*Role)
@refuses(Invalid)
@blueprint.arguments(schemas.SyncIssuesQuerySchema, location="query")
@blueprint.response(200, schemas.SyncIssuePageSchema)
def list_issues(query: Payload) -> Page:
    """List what was sent in vain, the newest first: by oneself, a manager's people, or anybody."""
    return queries.list_issues(visible_to=current_actor(), **query)


@blueprint.get("/v1/sync/issues/<record_id:issue_id>")
@requires(*Role)
@refuses(NotFound)
@blueprint.response(200, schemas.SyncIssueSchema)
def show_issue(*, issue_id: str) -> SyncIssue:
    """Show what was sent in vain, with its content."""
    return queries.get_issue(issue_id, visible_to=current_actor())


@blueprint.put("/v1/sync/issues/<record_id:issue_id>/settlement")
@requires(Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)
@refuses(NotFound, IssueSettled)
@blueprint.arguments(schemas.SyncIssueSettlementSchema)
@blueprint.response(200, schemas.SyncIssueSchema)
def settle_issue(payload: Payload, *, issue_id: str) -> SyncIssue:
    """Say what became of it; it then leaves the phones."""
    return service.settle_issue(issue_id, **payload, by=current_actor(), now=clock.now())
