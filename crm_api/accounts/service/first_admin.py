"""The first administrator comes in by command; everybody else is named by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.accounts import passwords, policies
from crm_api.accounts.models import Role, Team
from crm_api.accounts.service.passwords import give_password, refuse_weak
from crm_api.accounts.service.staff import create_staff
from crm_api.accounts.service.teams import create_team
from crm_api.kit.db import db

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.models import Staff


def create_first_admin(
    *, login: str, name: str, password: str, team_name: str, now: datetime
) -> Staff:
    """Create an administrator in the root team, which is made where there is none.

    :raises WeakPassword: if the password would be guessed
    :raises LoginTaken: if somebody signs in under this name already
    """
    refuse_weak(password, login=policies.fold_login(login))
    password_hash = passwords.hash_password(password)
    team_id = db.session.scalar(
        sa.select(Team.id).where(Team.parent_id.is_(None)).order_by(Team.path).limit(1)
    )
    if team_id is None:
        team_id = create_team(id=None, name=team_name, parent_id=None, by_id=None, now=now).id
    staff = create_staff(
        id=None, login=login, name=name, role=Role.ADMIN, team_id=team_id, by_id=None, now=now
    )
    give_password(staff.id, password_hash=password_hash, now=now)
    return staff
