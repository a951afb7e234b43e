"""Reads of covers, and of the staff whom they bring together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm_api.accounts.covers.models import Cover
from crm_api.accounts.covers.policies import CoverState
from crm_api.accounts.models import Role, Staff, Standing, Team
from crm_api.accounts.queries.teams import in_subtree
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, PageRequest, fetch_page

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor

SEES_ALL = (Role.ADMIN, Role.AUDITOR)


def get_cover(cover_id: str, *, visible_to: Actor, for_change: bool = False) -> Cover:
    """Return a cover; for a change, as it is now, locked.

    :raises NotFound: if there is none, or none that the actor may see
    """
    sought = _visible(visible_to).where(Cover.id == cover_id)
    if for_change:
        sought = sought.with_for_update(of=Cover).execution_options(populate_existing=True)
    cover = db.session.scalars(sought).one_or_none()
    if cover is None:
        raise NotFound("cover")
    return cover


def list_covers(
    *,
    visible_to: Actor,
    page: PageRequest,
    now: datetime,
    staff_id: str | None = None,
    state: CoverState | None = None,
) -> Page:
    """Return covers, the last to end first."""
    statement = _visible(visible_to)
    if staff_id is not None:
        statement = statement.where(_concerns([staff_id]))
    if state is not None:
        statement = statement.where(_stands(state, now))
    return fetch_page(statement, by=[Cover.ends_at, Cover.id], page=page, descending=True)


def _stands(state: CoverState, now: datetime) -> sa.ColumnElement[bool]:
    if state is CoverState.OVER:
        return Cover.ends_at <= now
    begun = Cover.starts_at <= now if state is CoverState.IN_FORCE else Cover.starts_at > now
    return sa.and_(begun, Cover.ends_at > now)


def lock_colleagues(staff_ids: Collection[str], *, visible_to: Actor) -> set[str]:
    """Lock those of these people who are account managers at work in the actor's teams.

    Whoever arranges another cover of theirs, or lets them go, waits meanwhile.
    """
    sought = sa.select(Staff.id).where(
        Staff.id.in_(staff_ids),
        Staff.role == Role.ACCOUNT_MANAGER,
        Staff.status == Standing.ACTIVE,
    )
    if visible_to.role is not Role.ADMIN:
        sought = sought.join(Team, Team.id == Staff.team_id)
        sought = sought.where(in_subtree(visible_to.team_path))
    locked = sought.order_by(Staff.id).with_for_update(key_share=True, of=Staff)
    return set(db.session.scalars(locked))


def find_overlapping(
    staff_ids: Collection[str], *, starts_at: datetime, ends_at: datetime
) -> Sequence[Cover]:
    """Return the covers within a time that concern one of these people.

    One that was called off before it began takes no time at all.
    """
    sought = sa.select(Cover).where(
        _concerns(staff_ids),
        Cover.starts_at < ends_at,
        Cover.ends_at > starts_at,
        Cover.ends_at > Cover.starts_at,
    )
    return db.session.scalars(sought.order_by(Cover.starts_at, Cover.id)).all()


def lock_unended(staff_id: str, *, now: datetime) -> Sequence[Cover]:
    """Return the covers of somebody, of either side, that have yet to end, locked."""
    sought = sa.select(Cover).where(_concerns([staff_id]), Cover.ends_at > now)
    locked = sought.order_by(Cover.id).with_for_update()
    return db.session.scalars(locked.execution_options(populate_existing=True)).all()


def ended_since(stand_in_id: str, *, since: datetime, now: datetime) -> dict[str, datetime]:
    """Return for whom somebody stood in until lately, and when that last ended."""
    ended = sa.select(Cover.absent_id, sa.func.max(Cover.ends_at).label("ended_at")).where(
        Cover.stand_in_id == stand_in_id,
        Cover.ends_at >= since,
        Cover.ends_at <= now,
        Cover.ends_at > Cover.starts_at,
    )
    rows = db.session.execute(ended.group_by(Cover.absent_id))
    return {row.absent_id: row.ended_at for row in rows}


def _concerns(staff_ids: Collection[str]) -> sa.ColumnElement[bool]:
    return sa.or_(Cover.absent_id.in_(staff_ids), Cover.stand_in_id.in_(staff_ids))


def _visible(actor: Actor) -> sa.Select[Cover]:
    """Select what concerns oneself, or somebody of a manager's teams."""
    statement = sa.select(Cover)
    if actor.role in SEES_ALL:
        return statement
    if actor.role is not Role.MANAGER:
        return statement.where(_concerns([actor.id]))
    absent, stand_in = aliased(Staff), aliased(Staff)
    teams = sa.select(Team.id).where(in_subtree(actor.team_path))
    return (
        statement.join(absent, absent.id == Cover.absent_id)
        .join(stand_in, stand_in.id == Cover.stand_in_id)
        .where(sa.or_(absent.team_id.in_(teams), stand_in.team_id.in_(teams)))
    )
