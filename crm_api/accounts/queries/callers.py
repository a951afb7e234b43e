"""Who stands behind a token or key. Core rows, one statement: every request pays for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts.actors import Actor, Client
from crm_api.accounts.covers.models import Cover
from crm_api.accounts.models import ClientKey, DeviceSession, MachineClient, Staff, Standing, Team
from crm_api.kit.db import db
from crm_api.kit.straight import StraightRead, StraightRows, fixed
from crm_api.kit.types import UTCDateTime

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_sessions, _staff, _teams = DeviceSession.__table__, Staff.__table__, Team.__table__
_clients, _keys, _covers = MachineClient.__table__, ClientKey.__table__, Cover.__table__

_NOW = sa.bindparam("at", type_=UTCDateTime())
# A row for each cover, or one without: the right to a portfolio ends with the moment asked for.
_ACTOR = (
    sa.select(
        _staff.c.id,
        _staff.c.name,
        _staff.c.role,
        _staff.c.team_id,
        _teams.c.path,
        _sessions.c.device_id,
        _covers.c.absent_id,
    )
    .join_from(_sessions, _staff, _staff.c.id == _sessions.c.staff_id)
    .join(_teams, _teams.c.id == _staff.c.team_id)
    .outerjoin(
        _covers,
        sa.and_(
            _covers.c.stand_in_id == _staff.c.id,
            _covers.c.starts_at <= _NOW,
            _covers.c.ends_at > _NOW,
        ),
    )
    .where(
        _sessions.c.id == sa.bindparam("session_id"),
        _sessions.c.staff_id == sa.bindparam("staff_id"),
        _sessions.c.revoked_at.is_(None),
        _staff.c.status == fixed(Standing.ACTIVE, _staff.c.status),
    )
)
_COVER = len(_ACTOR.selected_columns) - 1


class Callers:
    """Finds who calls, and by the same statement what a route asks about everybody who does.

    That is some columns, and the outer joins that reach them from `staff` and `device_sessions`.
    """

    def __init__(self, *columns: Any, joins: Sequence[tuple[sa.FromClause, Any]] = ()) -> None:
        select: Any = _ACTOR.add_columns(*columns)
        for table, on in joins:
            select = select.outerjoin(table, on)
        self._read = StraightRead(select)

    def find(
        self, *, staff_id: str, session_id: str, at: datetime
    ) -> tuple[Actor, list[Sequence[Any]]] | None:
        """Return the member of staff at work in a session, if both still stand; and the rest."""
        rows = self._read.rows(staff_id=staff_id, session_id=session_id, at=at)
        if not rows:
            return None
        found_id, name, role, team_id, team_path, device_id = rows[0][:_COVER]
        actor = Actor(
            id=found_id,
            name=name,
            role=role,
            team_id=team_id,
            team_path=team_path,
            session_id=session_id,
            device_id=device_id,
            covers=tuple(sorted({row[_COVER] for row in rows} - {None})),
        )
        return actor, [row[_COVER + 1 :] for row in rows]


CALLERS = Callers()

_CLIENT = StraightRows(
    sa.select(_clients.c.id, _clients.c.name, _clients.c.scopes, _keys.c.id.label("key_id"))
    .join_from(_keys, _clients, _clients.c.id == _keys.c.client_id)
    .where(
        _keys.c.digest == sa.bindparam("digest"),
        _keys.c.revoked_at.is_(None),
        sa.or_(_keys.c.expires_at.is_(None), _keys.c.expires_at > _NOW),
        _clients.c.status == Standing.ACTIVE,
    )
)


def find_at_work(staff_id: str, *, at: datetime) -> Actor | None:
    """Return an active member of staff on whose word something is done without a session."""
    in_force = sa.select(_covers.c.absent_id).where(
        _covers.c.stand_in_id == staff_id, _covers.c.starts_at <= at, _covers.c.ends_at > at
    )
    row = db.session.execute(
        sa.select(_staff.c.id, _staff.c.name, _staff.c.role, _staff.c.team_id, _teams.c.path)
        .join(_teams, _teams.c.id == _staff.c.team_id)
        .where(_staff.c.id == staff_id, _staff.c.status == Standing.ACTIVE)
    ).first()
    if row is None:
        return None
    covers = tuple(sorted(set(db.session.scalars(in_force))))
    return Actor(
        id=row.id,
        name=row.name,
        role=row.role,
        team_id=row.team_id,
        team_path=row.path,
        covers=covers,
    )


def find_client(*, digest: str, at: datetime) -> Client | None:
    """Return the machine whose key this is, if both still stand."""
    for row in _CLIENT.named(digest=digest, at=at):  # one, or none
        return Client(id=row.id, name=row.name, scopes=tuple(row.scopes), key_id=row.key_id)
    return None
