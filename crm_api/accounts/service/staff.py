"""Name staff, move them, let them go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts import policies, queries
from crm_api.accounts.covers import service as covers
from crm_api.accounts.errors import LastAdmin, LoginTaken, StillOwnsCustomers
from crm_api.accounts.models import Credentials, Role, Staff, Standing, Team
from crm_api.accounts.service.sign_out import end_sessions
from crm_api.audit import service as audit
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken, Invalid
from crm_api.kit.ids import new_id
from crm_api.kit.touches import touching
from crm_api.kit.upserts import insert
from crm_api.kit.versions import require_version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from crm_api.accounts.actors import Actor


def create_staff(
    *,
    id: str | None,
    login: str,
    name: str,
    role: Role,
    team_id: str,
    by_id: str | None,
    now: datetime,
) -> Staff:
    """Name a member of staff. They cannot sign in before they set a password with a code.

    :raises IdTaken: if the id belongs to another record
    :raises LoginTaken: if somebody else signs in under this name
    :raises Invalid: if there is no such team
    """
    login = policies.fold_login(login)
    wanted = {"login": login, "name": name, "role": role, "team_id": team_id}
    known = db.session.get(Staff, id) if id else None
    if known is not None:
        return _repeat(known, wanted)
    _require_team(team_id)
    row: dict[str, Any] = {
        "id": id or new_id(),
        "version": 1,
        "created_at": now,
        "status": Standing.ACTIVE,
    }
    made = insert(Staff).values({**row, **wanted})
    made = touching(made.on_conflict_do_nothing(), [row["id"]]).returning(Staff)
    staff: Staff | None = db.session.scalars(made).one_or_none()
    if staff is None:
        raise LoginTaken
    _tell("staff_created", staff, by_id=by_id, at=now, details={"role": role, "team_id": team_id})
    return staff


def _repeat(known: Staff, wanted: Mapping[str, Any]) -> Staff:
    if any(getattr(known, name) != value for name, value in wanted.items()):
        raise IdTaken
    return known


def _require_team(team_id: str) -> None:
    if db.session.get(Team, team_id) is None:
        raise Invalid("/team_id", "There is no such team.")


def change_staff(
    staff_id: str, *, changes: Mapping[str, Any], expected: int, by: Actor, now: datetime
) -> Staff:
    """Rename a member of staff, give them another role, or put them in another team.

    :raises NotFound: if there is no such member of staff
    :raises StaleVersion: if they changed since the actor read them
    :raises LastAdmin: if nobody would be left to administer
    :raises Invalid: if there is no such team
    """
    if "team_id" in changes:
        _require_team(changes["team_id"])
    if "role" in changes:
        _keep_an_admin(staff_id, role=changes["role"])
    staff = queries.lock_staff(staff_id)
    require_version(staff, expected=expected, wanted=changes)
    before = {name: getattr(staff, name) for name in changes}
    for name, value in changes.items():
        setattr(staff, name, value)
    if before.get("role", staff.role) is not staff.role:
        covers.end_covers_of(staff_id, by=by, now=now)
    _tell("staff_changed", staff, by_id=by.id, at=now, details=_differences(before, changes))
    return staff


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {n: {"from": before[n], "to": after[n]} for n in before if before[n] != after[n]}


def _keep_an_admin(staff_id: str, *, role: Role | None) -> None:
    """Make sure that somebody stays who can administer.

    :raises LastAdmin: if this is the last one, and is to be one no longer
    """
    if role is not Role.ADMIN and list(queries.lock_active_admins()) == [staff_id]:
        raise LastAdmin


def deactivate_staff(staff_id: str, *, active_customers: int, by: Actor, now: datetime) -> Staff:
    """Let somebody go: their sessions, codes and covers end at once, their records stay.

    Accounts does not know customers, which lie above: whoever calls has locked the leaver
    (`queries.lock_leaver`) and counted their active customers since.

    :raises StillOwnsCustomers: if there are any
    :raises LastAdmin: if nobody would be left to administer
    """
    staff = queries.lock_leaver(staff_id)
    if staff.status is Standing.DEACTIVATED:
        return staff
    if active_customers:
        raise StillOwnsCustomers(customers=active_customers)
    _keep_an_admin(staff_id, role=None)
    staff.status = Standing.DEACTIVATED
    end_sessions(staff_id, because="deactivated", at=now)
    covers.end_covers_of(staff_id, by=by, now=now)
    codes = sa.update(Credentials).where(Credentials.staff_id == staff_id)
    db.session.execute(codes.values(reset_digest=None, reset_expires_at=None))
    _tell("staff_deactivated", staff, by_id=by.id, at=now, details={})
    return staff


def activate_staff(staff_id: str, *, by: Actor, now: datetime) -> Staff:
    """Let somebody come back, with the password they had.

    :raises NotFound: if there is no such member of staff
    """
    staff = queries.lock_staff(staff_id)
    if staff.status is Standing.DEACTIVATED:
        staff.status = Standing.ACTIVE
        _tell("staff_activated", staff, by_id=by.id, at=now, details={})
    return staff


def _tell(
    action: str, staff: Staff, *, by_id: str | None, at: datetime, details: Mapping[str, Any]
) -> None:
    db.session.flush()
    audit.record(
        action, by_id=by_id, at=at, subject_kind="staff", subject_id=staff.id, details=details
    )
