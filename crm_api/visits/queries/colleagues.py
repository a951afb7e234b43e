"""Who may go along."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.accounts import queries as accounts
from crm_api.accounts.models import Role, Staff, Standing, Team
from crm_api.kit.db import db
from crm_api.kit.paging import Page, PageRequest, fetch_page

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from crm_api.accounts.actors import Actor


def possible_colleagues(*, visible_to: Actor, page: PageRequest) -> Page:
    """Return, by name, who may be asked along: those of the teams beneath, and those above."""
    statement = _colleagues(visible_to).where(Staff.id != visible_to.id)
    return fetch_page(statement, by=(Staff.name, Staff.id), page=page)


def find_colleagues(staff_ids: Collection[str], *, visible_to: Actor) -> Sequence[Staff]:
    """Return those of these who may go along, held so that they cannot leave meanwhile."""
    statement = _colleagues(visible_to).where(Staff.id.in_(staff_ids)).order_by(Staff.id)
    return db.session.scalars(accounts.holding(statement)).all()


def _colleagues(actor: Actor) -> sa.Select[Staff]:
    """Select account managers nearby, and who stands above: all others see no visit as guests."""
    above = actor.team_path.strip("/").split("/")
    beneath = sa.true() if actor.role is Role.ADMIN else accounts.in_subtree(actor.team_path)
    nearby = sa.or_(
        sa.and_(Staff.role == Role.ACCOUNT_MANAGER, beneath),
        sa.and_(Staff.role.in_((Role.ACCOUNT_MANAGER, Role.MANAGER)), Team.id.in_(above)),
    )
    statement = sa.select(Staff).join(Team, Team.id == Staff.team_id)
    return statement.where(Staff.status == Standing.ACTIVE, nearby)
