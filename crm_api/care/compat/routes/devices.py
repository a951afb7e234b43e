"""Administrators let phones in, and take them out of service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.errors import ClientNameTaken
from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.care.compat import queries, schemas, service
from crm_api.care.compat.errors import DeviceRemoved
from crm_api.kit import clock
from crm_api.kit.errors import Invalid, NotFound
from crm_api.kit.idempotency import never_kept
from crm_api.kit.routing import Blueprint, refuses

if TYPE_CHECKING:
    from crm_api.kit.schemas import Payload

blueprint = Blueprint("smsgate devices", __name__, description="Phones that send for us.")


@blueprint.get("/v1/smsgate-devices")
@requires(Role.ADMIN, Role.AUDITOR)
@refuses(Invalid)
@blueprint.arguments(schemas.SmsGateDeviceQuerySchema, location="query")
@blueprint.response(200, schemas.SmsGateDevicePageSchema)
def list_devices(query: Payload) -> Any:
    """List the phones that send for us, the newest first."""
    return queries.list_devices(**query)


@blueprint.post("/v1/smsgate-devices")
@requires(Role.ADMIN)
@never_kept
@refuses(ClientNameTaken)
@blueprint.arguments(schemas.NewSmsGateDeviceSchema)
@blueprint.response(201, schemas.SmsGateInvitationSchema)
def add_device(payload: Payload) -> Any:
    """Make room for a phone, and get the secret that registers it once, within a day."""
    return service.add_device(**payload, by=current_actor(), now=clock.now())


@blueprint.post("/v1/smsgate-devices/<record_id:device_id>/invitations")
@requires(Role.ADMIN)
@never_kept
@refuses(NotFound, DeviceRemoved)
@blueprint.response(201, schemas.SmsGateInvitationSchema)
def invite_device(*, device_id: str) -> Any:
    """Get a new secret: registering by it replaces the phone's key."""
    return service.invite_again(device_id, by=current_actor(), now=clock.now())


@blueprint.put("/v1/smsgate-devices/<record_id:device_id>/removal")
@requires(Role.ADMIN)
@refuses(NotFound)
@blueprint.response(200, schemas.SmsGateRemovalSchema)
def remove_device(*, device_id: str) -> Any:
    """Shut a phone out at once; what it had in hand goes to the list of doubts."""
    return service.remove_device(device_id, by=current_actor(), now=clock.now())
