"""The audit trail. Its route stands here because `audit` lies below the guards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import requires
from crm_api.accounts.models import Role
from crm_api.audit import queries
from crm_api.audit.schemas import AuditEntryPageSchema, AuditQuerySchema
from crm_api.kit.routing import Blueprint

if TYPE_CHECKING:
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

blueprint = Blueprint("audit", __name__, description="What was done, by whom and when.")


@blueprint.get("/v1/audit-entries")
@requires(Role.ADMIN, Role.AUDITOR)
@blueprint.arguments(AuditQuerySchema, location="query")
@blueprint.response(200, AuditEntryPageSchema)
def list_audit_entries(query: Payload) -> Page:
    """List what was done, the newest first."""
    return queries.list_entries(**query)
