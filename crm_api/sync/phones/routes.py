"""`/v1/sync/phones`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.errors import Outranked
from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.kit import clock
from crm_api.kit.errors import Invalid, NotFound
from crm_api.kit.routing import Blueprint, refuses
from crm_api.sync.phones import queries, schemas, service

if TYPE_CHECKING:
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload
    from crm_api.sync.models import Phone

THOSE_WHO_ACT = (Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)
PATH = "/v1/sync/phones/<record_id:staff_id>/<record_id:device_id>"

blueprint = Blueprint("phones", __name__, description="The devices that sync, whose they are.")


@blueprint.get("/v1/sync/phones")
@requires(*Role)
@refuses(Invalid)
@blueprint.arguments(schemas.SyncPhonesQuerySchema, location="query")
@blueprint.response(200, schemas.SyncPhonePageSchema)
def list_phones(query: Payload) -> Page:
    """List phones: one's own, a manager's teams', or all."""
    return queries.list_phones(visible_to=current_actor(), **query)


@blueprint.get(PATH)
@requires(*Role)
@refuses(NotFound)
@blueprint.response(200, schemas.SyncPhoneSchema)
def show_phone(*, staff_id: str, device_id: str) -> Phone:
    """Show a phone."""
    return queries.get_phone(staff_id, device_id, visible_to=current_actor())


@blueprint.put(f"{PATH}/name")
@requires(*THOSE_WHO_ACT)
@refuses(NotFound)
@blueprint.arguments(schemas.PhoneNameSchema)
@blueprint.response(200, schemas.SyncPhoneSchema)
def name_phone(payload: Payload, *, staff_id: str, device_id: str) -> Phone:
    """Give one of one's own phones a name."""
    return service.name_phone(staff_id, device_id, **payload, by=current_actor())


@blueprint.put(f"{PATH}/revocation")
@requires(*THOSE_WHO_ACT)
@refuses(NotFound, Outranked)
@blueprint.arguments(schemas.PhoneRevocationSchema)
@blueprint.response(200, schemas.SyncPhoneSchema)
def revoke_phone(payload: Payload, *, staff_id: str, device_id: str) -> Phone:
    """Let a phone sync no more, and sign it out, as when it is lost."""
    return service.revoke_phone(staff_id, device_id, **payload, by=current_actor(), now=clock.now())
