"""Teams, staff and machine clients, made without ceremony."""

from __future__ import annotations

import itertools
import secrets
from datetime import timedelta
from functools import cache

import jwt
import sqlalchemy as sa

from crm_api.accounts import service
from crm_api.accounts.actors import Actor, Client
from crm_api.accounts.models import (
    ClientKey,
    DeviceSession,
    MachineClient,
    Role,
    Scope,
    Staff,
    Team,
)
from crm_api.accounts.passwords import hash_password
from crm_api.accounts.tokens import digest_of, keyring
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.transactions import transaction

_numbers = itertools.count(1)
PASSWORD = "correct horse battery"
LONG = timedelta(days=36_500)  # tests move the clock; the token of a test outlives that


def make_team(name: str | None = None, parent: Team | None = None, **changes) -> Team:
    """Make a team; without a parent, a root of its own."""
    team_id = changes.pop("id", new_id())
    above = parent.path if parent else "/"
    team = Team(
        id=team_id,
        name=name or f"Team {next(_numbers)}",
        parent_id=parent.id if parent else None,
        path=f"{above}{team_id}/",
        created_at=clock.now(),
        **changes,
    )
    with transaction():
        db.session.add(team)
    return team


def make_staff(role: Role = Role.ACCOUNT_MANAGER, team: Team | None = None, **changes) -> Actor:
    """Make a member of staff (in a new root team, unless told) and return them as an actor."""
    team = team or make_team()
    number = next(_numbers)
    staff = Staff(
        **{
            "id": new_id(),
            "login": f"person{number}",
            "name": f"Person {number}",
            "role": role,
            "team_id": team.id,
            "created_at": clock.now(),
            **changes,
        }
    )
    with transaction():
        db.session.add(staff)
    return Actor(
        id=staff.id, name=staff.name, role=staff.role, team_id=team.id, team_path=team.path
    )


@cache
def _hash(password: str) -> str:
    return hash_password(password)


def give_password(actor: Actor, password: str = PASSWORD) -> str:
    """Let somebody sign in by password; return their login."""
    with transaction():
        service.give_password(actor.id, password_hash=_hash(password), now=clock.now())
        return db.session.get(Staff, actor.id).login


def make_token(actor: Actor, *, seconds: int | None = None, device_id: str | None = None) -> str:
    """Open a session for somebody and return an access token for it."""
    now = clock.now()
    session = DeviceSession(
        id=new_id(),
        staff_id=actor.id,
        device_id=device_id or f"device-{next(_numbers)}",
        created_at=now,
        last_used_at=now,
        expires_at=now + LONG,
    )
    with transaction():
        db.session.add(session)
    return keyring().sign(
        staff_id=actor.id,
        session_id=session.id,
        at=now,
        seconds=int(LONG.total_seconds()) if seconds is None else seconds,
    )


def move_to(token: str, device_id: str) -> None:
    """Let it be another device that somebody signed in on."""
    session_id = jwt.decode(token, options={"verify_signature": False})["sid"]
    its = sa.update(DeviceSession).where(DeviceSession.id == session_id)
    with transaction():
        db.session.execute(its.values(device_id=device_id))


def make_client(*scopes: Scope, **changes) -> tuple[Client, str]:
    """Make a machine client; return it with its key."""
    now, key = clock.now(), secrets.token_urlsafe(32)
    number = next(_numbers)
    record = MachineClient(
        **{
            "id": new_id(),
            "name": f"client {number}",
            "scopes": [str(s) for s in scopes],
            "created_at": now,
            **changes,
        }
    )
    with transaction():
        db.session.add(record)
        db.session.flush()
        stored = ClientKey(id=new_id(), client_id=record.id, digest=digest_of(key), created_at=now)
        db.session.add(stored)
    client = Client(id=record.id, name=record.name, scopes=tuple(record.scopes), key_id=stored.id)
    return client, key
