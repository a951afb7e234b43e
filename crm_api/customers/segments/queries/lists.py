"""Which segments the actor may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.accounts import queries as accounts
from crm_api.accounts.models import Role, Team
from crm_api.customers.models import Segment, SegmentVersion
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import fetch_page

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import Page, PageRequest


def get_segment(segment_id: str, *, visible_to: Actor) -> Segment:
    """Return a segment.

    :raises NotFound: if there is none, or none that is the actor's to use
    """
    sought = _visible(visible_to).where(Segment.id == segment_id)
    segment = db.session.scalars(sought).one_or_none()
    if segment is None:
        raise NotFound("segment")
    return segment


def fetch_segments(
    *, owner_id: str | None, team_id: str | None, visible_to: Actor, page: PageRequest
) -> Page:
    """Return a page of the segments that the actor may use, oldest first."""
    statement = _visible(visible_to)
    if owner_id is not None:
        statement = statement.where(Segment.owner_id == owner_id)
    if team_id is not None:
        statement = statement.where(Segment.team_id == team_id)
    return fetch_page(statement, by=[Segment.id], page=page)


def fetch_versions(segment_id: str, *, visible_to: Actor, page: PageRequest) -> Page:
    """Return a page of what a segment said, the newest version first.

    :raises NotFound: if the actor may not use the segment
    """
    get_segment(segment_id, visible_to=visible_to)
    statement = sa.select(SegmentVersion).where(SegmentVersion.segment_id == segment_id)
    return fetch_page(statement, by=[SegmentVersion.number], page=page, descending=True)


def _visible(visible_to: Actor) -> sa.Select[Segment]:
    """Limit segments to the own ones, those shared with the actor, and those of teams led."""
    if visible_to.role in (Role.ADMIN, Role.AUDITOR):
        return sa.select(Segment)
    shared = sa.select(Team.id).where(accounts.sharing_teams(visible_to))
    is_open = sa.and_(Segment.is_shared, Segment.team_id.in_(shared))
    if visible_to.role is Role.MANAGER:
        led = accounts.subtree_team_ids(visible_to.team_path)
        is_open = sa.or_(is_open, Segment.team_id.in_(led))
    return sa.select(Segment).where(sa.or_(Segment.owner_id == visible_to.id, is_open))
