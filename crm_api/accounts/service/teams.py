"""Grow the team tree, rename its teams, move them with all beneath them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts import policies, queries
from crm_api.accounts.errors import TeamCycle, TeamTooDeep
from crm_api.accounts.models import Team
from crm_api.audit import service as audit
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken, Invalid
from crm_api.kit.ids import new_id
from crm_api.kit.versions import require_version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from crm_api.accounts.actors import Actor


def create_team(
    *, id: str | None, name: str, parent_id: str | None, by_id: str | None, now: datetime
) -> Team:
    """Add a team beneath another one, or as a root.

    :raises IdTaken: if the id belongs to another team
    :raises Invalid: if there is no such parent
    :raises TeamTooDeep: if the tree would become too deep
    """
    known = db.session.get(Team, id) if id else None
    if known is not None:
        if (known.name, known.parent_id) != (name, parent_id):
            raise IdTaken
        return known
    team_id = id or new_id()
    path = f"{_path_of_parent(parent_id)}{team_id}/"
    _refuse_too_deep(policies.depth_of(path))
    team = Team(id=team_id, name=name, parent_id=parent_id, path=path, created_at=now)
    db.session.add(team)
    _tell("team_created", team, by_id=by_id, at=now, details={"parent_id": parent_id})
    return team


def _path_of_parent(parent_id: str | None) -> str:
    if parent_id is None:
        return "/"
    sought = sa.select(Team).where(Team.id == parent_id).with_for_update(key_share=True)
    parent = db.session.scalars(sought.execution_options(populate_existing=True)).one_or_none()
    if parent is None:
        raise Invalid("/parent_id", "There is no such team.")
    return parent.path


def _refuse_too_deep(depth: int) -> None:
    if depth > policies.DEEPEST_TEAM:
        raise TeamTooDeep(deepest=policies.DEEPEST_TEAM)


def change_team(
    team_id: str, *, changes: Mapping[str, Any], expected: int, by: Actor, now: datetime
) -> Team:
    """Rename a team, or move it with all beneath it.

    :raises NotFound: if there is no such team
    :raises StaleVersion: if it changed since the actor read it
    :raises Invalid: if there is no such parent
    :raises TeamCycle: if the new parent lies within the team itself
    :raises TeamTooDeep: if the tree would become too deep
    """
    if "parent_id" in changes:
        queries.lock_tree()
    team = queries.lock_team(team_id)
    require_version(team, expected=expected, wanted=changes)
    details = {"parent_id": team.parent_id, "name": team.name}
    team.name = changes.get("name", team.name)
    if changes.get("parent_id", team.parent_id) != team.parent_id:
        _move(team, changes["parent_id"])
    changed = {name: {"from": details[name], "to": to} for name, to in changes.items()}
    _tell("team_changed", team, by_id=by.id, at=now, details=changed)
    return team


def _move(team: Team, parent_id: str | None) -> None:
    above = _path_of_parent(parent_id)
    if policies.is_beneath(above, above=team.path):
        raise TeamCycle
    old, new = team.path, f"{above}{team.id}/"
    _refuse_too_deep(_depth_beneath(old) - policies.depth_of(old) + policies.depth_of(new))
    team.parent_id = parent_id
    db.session.flush()
    subtree = sa.update(Team).where(queries.in_subtree(old))
    rest = sa.func.substr(Team.path, len(old) + 1)
    moved = subtree.values(path=sa.literal(new, sa.Text) + rest)
    db.session.execute(moved, execution_options={"synchronize_session": False})
    db.session.refresh(team)


def _depth_beneath(path: str) -> int:
    slashes = sa.func.length(Team.path) - sa.func.length(sa.func.replace(Team.path, "/", ""))
    deepest = db.session.scalar(sa.select(sa.func.max(slashes)).where(queries.in_subtree(path)))
    return int(deepest or 0) - 1


def _tell(
    action: str, team: Team, *, by_id: str | None, at: datetime, details: Mapping[str, Any]
) -> None:
    db.session.flush()
    audit.record(
        action, by_id=by_id, at=at, subject_kind="team", subject_id=team.id, details=details
    )
