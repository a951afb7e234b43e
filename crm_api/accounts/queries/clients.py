"""Reads of machine clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.accounts.models import ClientKey, MachineClient
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, PageRequest, fetch_page

if TYPE_CHECKING:
    from collections.abc import Sequence


def get_machine_client(client_id: str) -> MachineClient:
    """Return a machine client.

    :raises NotFound: if there is none
    """
    client = db.session.get(MachineClient, client_id)
    if client is None:
        raise NotFound("machine client")
    return client


def list_machine_clients(*, page: PageRequest) -> Page:
    """Return machine clients by name."""
    by = [MachineClient.name, MachineClient.id]
    return fetch_page(sa.select(MachineClient), by=by, page=page)


def list_client_keys(client_id: str, *, page: PageRequest) -> Page:
    """Return a client's keys, never the secrets, the newest first.

    :raises NotFound: if there is no such client
    """
    statement = sa.select(ClientKey).where(ClientKey.client_id == get_machine_client(client_id).id)
    by = [ClientKey.created_at, ClientKey.id]
    return fetch_page(statement, by=by, page=page, descending=True)


def lock_client_keys(client_id: str) -> Sequence[ClientKey]:
    """Lock a client's keys that are not revoked, and return them."""
    live = sa.select(ClientKey).where(ClientKey.client_id == client_id)
    live = live.where(ClientKey.revoked_at.is_(None)).order_by(ClientKey.id)
    return db.session.scalars(live.with_for_update()).all()
