"""Reads of staff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts.models import Role, Staff, Standing, Team
from crm_api.accounts.queries.teams import team_ids_from, visible_teams
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, PageRequest, fetch_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_api.accounts.actors import Actor

ROLES = {
    Role.ACCOUNT_MANAGER: "Owns customers, visits and calls them, records each contact.",
    Role.MANAGER: "Leads a team: sees its whole subtree, reviews, approves.",
    Role.ADMIN: "Sees all; names staff, teams and machine clients.",
    Role.AUDITOR: "Reads all, changes nothing.",
}


def get_staff(staff_id: str, *, visible_to: Actor) -> Staff:
    """Return a member of staff: anybody for an administrator, a manager's subtree, or oneself.

    An account manager who stands in for somebody sees them too.

    :raises NotFound: if there is none, or the actor may not see them
    """
    sought = _visible(visible_to).where(Staff.id == staff_id)
    staff = db.session.scalars(sought).one_or_none()
    if staff is None:
        raise NotFound("member of staff")
    return staff


def list_staff(
    *,
    page: PageRequest,
    visible_to: Actor,
    role: Role | None = None,
    status: Standing | None = None,
    team_id: str | None = None,
) -> Page:
    """Return staff by name. A team brings those of the teams beneath it along."""
    statement = _visible(visible_to)
    if role is not None:
        statement = statement.where(Staff.role == role)
    if status is not None:
        statement = statement.where(Staff.status == status)
    if team_id is not None:
        statement = statement.where(Staff.team_id.in_(team_ids_from(team_id)))
    return fetch_page(statement, by=[Staff.name, Staff.id], page=page)


def list_roles() -> list[dict[str, Any]]:
    """Return the roles, and what each may do."""
    return [{"role": role, "description": text} for role, text in ROLES.items()]


def lock_staff(staff_id: str) -> Staff:
    """Lock a member of staff and read them as they now are.

    In full, so that a record which is about to refer to them waits as well.

    :raises NotFound: if there is none
    """
    sought = sa.select(Staff).where(Staff.id == staff_id).with_for_update()
    staff = db.session.scalars(sought.execution_options(populate_existing=True)).one_or_none()
    if staff is None:
        raise NotFound("member of staff")
    return staff


def lock_leaver(staff_id: str) -> Staff:
    """Lock all administrators, then whoever is to leave.

    In this order, so that two administrators who let each other go wait and do not deadlock.

    :raises NotFound: if there is none
    """
    lock_active_admins()
    return lock_staff(staff_id)


def holding(statement: sa.Select[Staff]) -> sa.Select[Staff]:
    """Return a select of staff that keeps those it finds from being deactivated meanwhile.

    For whoever makes somebody the owner of a record.
    """
    held = statement.with_for_update(read=True, key_share=True, of=Staff)
    return held.execution_options(populate_existing=True)


def lock_active_admins() -> Sequence[str]:
    """Lock the active administrators and return their ids."""
    sought = sa.select(Staff.id).where(Staff.role == Role.ADMIN, Staff.status == Standing.ACTIVE)
    return db.session.scalars(sought.order_by(Staff.id).with_for_update(key_share=True)).all()


def _visible(actor: Actor) -> sa.Select[Staff]:
    seen = sa.or_(visible_teams(actor), Staff.id == actor.id)
    if actor.role is Role.ACCOUNT_MANAGER:
        seen = Staff.id.in_(actor.portfolios)
    return sa.select(Staff).join(Team, Team.id == Staff.team_id).where(seen)
