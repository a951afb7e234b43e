"""Machine clients: which systems may call, and what for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts import queries
from crm_api.accounts.errors import ClientNameTaken
from crm_api.accounts.models import MachineClient, Standing
from crm_api.audit import service as audit
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken
from crm_api.kit.ids import new_id
from crm_api.kit.versions import require_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor


def create_client(
    *, id: str | None, name: str, scopes: Sequence[str], by_id: str | None, now: datetime
) -> MachineClient:
    """Register a system that may call. It needs a key as well.

    :raises IdTaken: if the id belongs to another client
    :raises ClientNameTaken: if another client has this name
    """
    wanted = sorted(set(scopes))
    known = db.session.get(MachineClient, id) if id else None
    if known is not None:
        if (known.name, known.scopes) != (name, wanted):
            raise IdTaken
        return known
    _refuse_taken(name, but_for=None)
    client = MachineClient(id=id or new_id(), name=name, scopes=wanted, created_at=now)
    db.session.add(client)
    _tell("client_created", client, by_id=by_id, at=now, details={"scopes": wanted})
    return client


def _refuse_taken(name: str, *, but_for: str | None) -> None:
    owner = db.session.scalar(sa.select(MachineClient.id).where(MachineClient.name == name))
    if owner not in (None, but_for):
        raise ClientNameTaken


def change_client(
    client_id: str, *, changes: Mapping[str, Any], expected: int, by: Actor, now: datetime
) -> MachineClient:
    """Rename a client, or change what it may call.

    :raises NotFound: if there is no such client
    :raises StaleVersion: if it changed since the actor read it
    :raises ClientNameTaken: if another client has this name
    """
    client = queries.get_machine_client(client_id)
    require_version(client, expected=expected, wanted=changes)
    if "name" in changes:
        _refuse_taken(changes["name"], but_for=client.id)
        client.name = changes["name"]
    if "scopes" in changes:
        client.scopes = sorted(set(changes["scopes"]))
    _tell("client_changed", client, by_id=by.id, at=now, details=dict(changes))
    return client


def deactivate_client(client_id: str, *, by: Actor, now: datetime) -> MachineClient:
    """Shut a client out, whatever keys it has.

    :raises NotFound: if there is no such client
    """
    return _set_standing(client_id, Standing.DEACTIVATED, by=by, now=now)


def activate_client(client_id: str, *, by: Actor, now: datetime) -> MachineClient:
    """Let a client in again.

    :raises NotFound: if there is no such client
    """
    return _set_standing(client_id, Standing.ACTIVE, by=by, now=now)


def _set_standing(client_id: str, standing: Standing, *, by: Actor, now: datetime) -> MachineClient:
    client = queries.get_machine_client(client_id)
    if client.status is not standing:
        client.status = standing
        action = "client_activated" if standing is Standing.ACTIVE else "client_deactivated"
        _tell(action, client, by_id=by.id, at=now, details={})
    return client


def _tell(
    action: str, client: MachineClient, *, by_id: str | None, at: datetime, details: dict[str, Any]
) -> None:
    db.session.flush()
    audit.record(
        action,
        by_id=by_id,
        at=at,
        subject_kind="machine_client",
        subject_id=client.id,
        details=details,
    )
