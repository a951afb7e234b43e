"""Reads of the team tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts.models import Role, Staff, Team
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, PageRequest, fetch_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_api.accounts.actors import Actor


def in_subtree(path: str) -> sa.ColumnElement[bool]:
    """Return the condition that a team is this one or lies beneath it.

    A range, not a LIKE: the index serves it on both engines, and ids may hold an underscore.
    """
    end = path[:-1] + chr(ord("/") + 1)
    return sa.and_(Team.path >= path, Team.path < end)


def subtree_team_ids(path: str) -> sa.Select[str]:
    """Return a select of the ids of a team and all beneath it."""
    return sa.select(Team.id).where(in_subtree(path))


def team_ids_from(team_id: str) -> sa.Select[str]:
    """Return the same for a team by its id: of none, if there is no such team."""
    path = db.session.scalar(sa.select(Team.path).where(Team.id == team_id))
    return subtree_team_ids(path) if path else sa.select(Team.id).where(sa.false())


def visible_teams(actor: Actor) -> sa.ColumnElement[bool]:
    """Return the condition that somebody may see a team: all, a subtree, or the own one.

    Whoever stands in for somebody sees that colleague's as well.
    """
    if actor.role in (Role.ADMIN, Role.AUDITOR):
        return sa.true()
    if actor.role is Role.MANAGER:
        return in_subtree(actor.team_path)
    if not actor.covers:
        return Team.id == actor.team_id
    covered = sa.select(Staff.team_id).where(Staff.id.in_(actor.portfolios))
    return Team.id.in_(covered)


def sharing_teams(actor: Actor) -> sa.ColumnElement[bool]:
    """Return the condition that what a team shares is somebody's to use.

    What is shared reaches the team and all beneath it; whoever leads a team sees those beneath too.
    """
    above = Team.id.in_(actor.team_path.strip("/").split("/"))
    return above if actor.role is Role.ACCOUNT_MANAGER else sa.or_(above, visible_teams(actor))


def get_team(team_id: str, *, visible_to: Actor) -> Team:
    """Return a team.

    :raises NotFound: if there is none, or the actor may not see it
    """
    sought = sa.select(Team).where(Team.id == team_id, visible_teams(visible_to))
    team = db.session.scalars(sought).one_or_none()
    if team is None:
        raise NotFound("team")
    return team


def list_teams(*, parent_id: str | None, page: PageRequest, visible_to: Actor) -> Page:
    """Return teams, parents before their children."""
    statement = sa.select(Team).where(visible_teams(visible_to))
    if parent_id is not None:
        statement = statement.where(Team.parent_id == parent_id)
    return fetch_page(statement, by=[Team.path, Team.id], page=page)


def lock_team(team_id: str) -> Team:
    """Lock one team and read it as it now is.

    :raises NotFound: if there is none
    """
    team = db.session.scalars(_locking(Team.id == team_id)).one_or_none()
    if team is None:
        raise NotFound("team")
    return team


def lock_tree() -> Sequence[Team]:
    """Lock all teams, so that no two moves can make a ring of each other."""
    return db.session.scalars(_locking(sa.true()).order_by(Team.id)).all()


def _locking(condition: Any) -> sa.Select[Team]:
    # key_share: rows that refer to a team need not wait for it to be renamed.
    statement = sa.select(Team).where(condition).with_for_update(key_share=True)
    return statement.execution_options(populate_existing=True)
