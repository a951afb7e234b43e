"""Reads of the team tree."""

from __future__ import annotations

import sqlalchemy as sa

from crm_api.accounts.models import Team


def in_subtree(path: str) -> sa.ColumnElement[bool]:
    """Return the condition that a team is this one or lies beneath it.

    A range, not a LIKE: the index serves it on both engines, and ids may hold an underscore.
    """
    end = path[:-1] + chr(ord("/") + 1)
    return sa.and_(Team.path >= path, Team.path < end)


def subtree_team_ids(path: str) -> sa.Select[str]:
    """Return a select of the ids of a team and all beneath it."""
    return sa.select(Team.id).where(in_subtree(path))
