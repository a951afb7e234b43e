"""Alerts of the nightly audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.contact_frequency.errors import AlertAcknowledged
from crm_api.contact_frequency.queries import alerts
from crm_api.contact_frequency.schemas import alerts as schemas
from crm_api.contact_frequency.service import auditing
from crm_api.kit import clock
from crm_api.kit.errors import Invalid, NotFound
from crm_api.kit.routing import Blueprint, refuses
from crm_api.kit.schemas import page_schema

if TYPE_CHECKING:
    from crm_api.kit.schemas import Payload

blueprint = Blueprint(
    "governor alerts", __name__, description="What the nightly audit found without a cause."
)


@blueprint.get("/v1/governor-alerts")
@requires(Role.MANAGER, Role.ADMIN, Role.AUDITOR)
@refuses(Invalid)
@blueprint.arguments(schemas.AlertsQuerySchema, location="query")
@blueprint.response(200, page_schema(schemas.GovernorAlertSchema))
def list_alerts(payload: Payload) -> Any:
    """List alerts, the newest first."""
    return alerts.list_alerts(**payload, visible_to=current_actor())


@blueprint.get("/v1/governor-alerts/<record_id:alert_id>")
@requires(Role.MANAGER, Role.ADMIN, Role.AUDITOR)
@refuses(NotFound)
@blueprint.response(200, schemas.GovernorAlertSchema)
def get_alert(*, alert_id: str) -> Any:
    """Show an alert."""
    return alerts.get_alert(alert_id, visible_to=current_actor())


@blueprint.put("/v1/governor-alerts/<record_id:alert_id>/acknowledgement")
@requires(Role.MANAGER, Role.ADMIN)
@refuses(NotFound, AlertAcknowledged)
@blueprint.arguments(schemas.AlertNoteSchema)
@blueprint.response(200, schemas.GovernorAlertSchema)
def acknowledge_alert(payload: Payload, *, alert_id: str) -> Any:
    """Answer for an alert."""
    return auditing.acknowledge_alert(alert_id, **payload, by=current_actor(), now=clock.now())
