"""Keys of machine clients: shown once, kept as digests, replaced with an overlap."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.accounts import queries
from crm_api.accounts.models import ClientKey
from crm_api.accounts.tokens import digest_of
from crm_api.audit import service as audit
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor

USE_IS_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedKey:
    """A new key, shown once."""

    id: str
    client_id: str
    key: str


def issue_key(client_id: str, *, overlap: timedelta, by_id: str | None, now: datetime) -> IssuedKey:
    """Make a new key; the older ones go on for as long as they may overlap.

    :raises NotFound: if there is no such client
    """
    client = queries.get_machine_client(client_id)
    end = now + overlap
    for older in queries.lock_client_keys(client.id):
        older.expires_at = min(older.expires_at or end, end)
    key = f"crm_{secrets.token_urlsafe(32)}"
    issued = ClientKey(id=new_id(), client_id=client.id, digest=digest_of(key), created_at=now)
    db.session.add(issued)
    db.session.flush()
    _tell("client_key_issued", issued, by_id=by_id, at=now)
    return IssuedKey(id=issued.id, client_id=client.id, key=key)


def revoke_key(client_id: str, key_id: str, *, by: Actor, now: datetime) -> ClientKey:
    """Make a key worthless at once. A repeat changes nothing.

    :raises NotFound: if the client has no such key
    """
    sought = sa.select(ClientKey).where(ClientKey.id == key_id, ClientKey.client_id == client_id)
    key = db.session.scalars(sought.with_for_update()).one_or_none()
    if key is None:
        raise NotFound("key")
    if key.revoked_at is None:
        key.revoked_at = now
        _tell("client_key_revoked", key, by_id=by.id, at=now)
    return key


def note_key_use(key_id: str, *, now: datetime) -> None:
    """Remember that a key was used, at most once a minute, so that idle keys can be told."""
    stale = sa.or_(
        ClientKey.last_used_at.is_(None), ClientKey.last_used_at < now - USE_IS_NOTED_EVERY
    )
    use = sa.update(ClientKey).where(ClientKey.id == key_id, stale)
    db.session.execute(use.values(last_used_at=now))


def _tell(action: str, key: ClientKey, *, by_id: str | None, at: datetime) -> None:
    audit.record(
        action,
        by_id=by_id,
        at=at,
        subject_kind="machine_client",
        subject_id=key.client_id,
        details={"key_id": key.id},
    )
