"""Machine clients and their keys."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from crm_api.accounts import queries, service
from crm_api.accounts.errors import ClientNameTaken
from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.accounts.schemas.clients import (
    ClientChangesSchema,
    ClientPageSchema,
    ClientSchema,
    IssuedKeySchema,
    KeyPageSchema,
    KeySchema,
    NewClientSchema,
    NewKeySchema,
)
from crm_api.kit import clock
from crm_api.kit.errors import IdTaken, NotFound
from crm_api.kit.idempotency import never_kept
from crm_api.kit.routing import UPDATES, Blueprint, expected_version, refuses
from crm_api.kit.schemas import PageQuerySchema

if TYPE_CHECKING:
    from crm_api.accounts.models import ClientKey, MachineClient
    from crm_api.accounts.service.keys import IssuedKey
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

blueprint = Blueprint("clients", __name__, description="The systems that call us.")


@blueprint.get("/v1/clients")
@requires(Role.ADMIN, Role.AUDITOR)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, ClientPageSchema)
def list_clients(query: Payload) -> Page:
    """List machine clients by name."""
    return queries.list_machine_clients(**query)


@blueprint.post("/v1/clients")
@requires(Role.ADMIN)
@refuses(IdTaken, ClientNameTaken)
@blueprint.arguments(NewClientSchema)
@blueprint.response(201, ClientSchema)
def create_client(payload: Payload) -> MachineClient:
    """Register a machine client."""
    return service.create_client(by_id=current_actor().id, now=clock.now(), **payload)


@blueprint.get("/v1/clients/<record_id:client_id>")
@requires(Role.ADMIN, Role.AUDITOR)
@refuses(NotFound)
@blueprint.response(200, ClientSchema)
def show_client(*, client_id: str) -> MachineClient:
    """Show a machine client."""
    return queries.get_machine_client(client_id)


@blueprint.patch("/v1/clients/<record_id:client_id>")
@requires(Role.ADMIN)
@refuses(NotFound, ClientNameTaken, *UPDATES)
@blueprint.arguments(ClientChangesSchema)
@blueprint.response(200, ClientSchema)
def change_client(payload: Payload, *, client_id: str) -> MachineClient:
    """Rename a machine client, or change what it may call."""
    return service.change_client(
        client_id,
        changes=payload,
        expected=expected_version(),
        by=current_actor(),
        now=clock.now(),
    )


@blueprint.put("/v1/clients/<record_id:client_id>/deactivation")
@requires(Role.ADMIN)
@refuses(NotFound)
@blueprint.response(200, ClientSchema)
def deactivate_client(*, client_id: str) -> MachineClient:
    """Shut a machine client out at once, whatever keys it has."""
    return service.deactivate_client(client_id, by=current_actor(), now=clock.now())


@blueprint.put("/v1/clients/<record_id:client_id>/activation")
@requires(Role.ADMIN)
@refuses(NotFound)
@blueprint.response(200, ClientSchema)
def activate_client(*, client_id: str) -> MachineClient:
    """Let a machine client in again."""
    return service.activate_client(client_id, by=current_actor(), now=clock.now())


@blueprint.get("/v1/clients/<record_id:client_id>/keys")
@requires(Role.ADMIN, Role.AUDITOR)
@refuses(NotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, KeyPageSchema)
def list_keys(query: Payload, *, client_id: str) -> Page:
    """List a client's keys, never the secrets."""
    return queries.list_client_keys(client_id, **query)


@blueprint.post("/v1/clients/<record_id:client_id>/keys")
@requires(Role.ADMIN)
@never_kept
@refuses(NotFound)
@blueprint.arguments(NewKeySchema)
@blueprint.response(201, IssuedKeySchema)
def issue_key(payload: Payload, *, client_id: str) -> IssuedKey:
    """Make a new key, shown once; the older ones go on for the overlap."""
    overlap = timedelta(hours=payload["overlap_hours"])
    return service.issue_key(client_id, overlap=overlap, by_id=current_actor().id, now=clock.now())


@blueprint.put("/v1/clients/<record_id:client_id>/keys/<record_id:key_id>/revocation")
@requires(Role.ADMIN)
@refuses(NotFound)
@blueprint.response(200, KeySchema)
def revoke_key(*, client_id: str, key_id: str) -> ClientKey:
    """Make a key worthless at once."""
    return service.revoke_key(client_id, key_id, by=current_actor(), now=clock.now())
