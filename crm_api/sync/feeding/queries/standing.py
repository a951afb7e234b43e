"""How feeds stand: whose are kept, what they follow, which of their numbers cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api import config
from crm_api.accounts.covers.models import Cover
from crm_api.accounts.models import Staff, Standing
from crm_api.kit.db import db
from crm_api.sync.feeding.terms import Entry
from crm_api.sync.models import Epoch, Feed, FeedRow, FollowedCover, Phone

if TYPE_CHECKING:
    from datetime import date, datetime

    from crm_api.sync.terms import Op

_feeds: Any = Feed.__table__
_rows: Any = FeedRow.__table__
_covers: Any = FollowedCover.__table__
_own = _feeds.c.subscriber_id


def today_at(now: datetime) -> date:
    """Return the day that a moment belongs to, where the business is."""
    return now.astimezone(config.current().zone).date()


def followed_covers(subscriber_id: str) -> set[str]:
    """Return whose customers a feed carries besides the subscriber's own."""
    chosen = sa.select(_covers.c.absent_id).where(_covers.c.subscriber_id == subscriber_id)
    return set(db.session.scalars(chosen))


def current_epoch() -> int:
    """Return the age of the server's data: each restored backup begins another one."""
    return db.session.scalars(sa.select(sa.func.max(Epoch.number))).one() or 1


def covers_in_force(subscriber_id: str, *, now: datetime) -> set[str]:
    """Return whose customers somebody looks after at a moment, besides the own ones."""
    chosen = sa.select(Cover.absent_id).where(Cover.stand_in_id == subscriber_id)
    in_force = chosen.where(Cover.starts_at <= now, Cover.ends_at > now)
    return set(db.session.scalars(in_force))


def active_feeds() -> list[str]:
    """Return whose feeds are kept."""
    return list(db.session.scalars(sa.select(_own).where(_feeds.c.is_active).order_by(_own)))


def lagging_feeds(*, now: datetime) -> list[str]:
    """Return whose feeds carry other portfolios than their subscribers cover by now."""
    in_force = sa.select(Cover.stand_in_id, Cover.absent_id)
    in_force = in_force.where(Cover.starts_at <= now, Cover.ends_at > now)
    followed = sa.select(_covers.c.subscriber_id, _covers.c.absent_id)
    differ = sa.union_all(
        sa.select(sa.except_(in_force, followed).subquery().c[0]),
        sa.select(sa.except_(followed, in_force).subquery().c[0]),
    )
    lagging = sa.select(_own).where(_feeds.c.is_active, _own.in_(differ))
    return list(db.session.scalars(lagging.order_by(_own)))


def unread_feeds(*, since: datetime) -> list[str]:
    """Return whose feeds no phone has read since a moment, or who is no longer here."""
    is_read = sa.exists().where(
        Phone.staff_id == _own, Phone.last_seen_at >= since, Phone.revoked_at.is_(None)
    )
    is_here = sa.exists().where(Staff.id == _own, Staff.status == Standing.ACTIVE)
    unread = sa.select(_own).where(_feeds.c.is_active, ~(is_read & is_here))
    return list(db.session.scalars(unread.order_by(_own)))


def misnumbered(subscriber_id: str) -> dict[Entry, Op]:
    """Return the rows of a feed whose number another one has too, or was never given out."""
    twin = _rows.alias("twin")
    is_twin = sa.exists().where(
        twin.c.subscriber_id == _rows.c.subscriber_id,
        twin.c.seq == _rows.c.seq,
        sa.tuple_(twin.c.table_name, twin.c.record_id)
        != sa.tuple_(_rows.c.table_name, _rows.c.record_id),
    )
    wrong = (
        sa.select(_rows.c.subscriber_id, _rows.c.table_name, _rows.c.record_id, _rows.c.op)
        .join(_feeds, _own == _rows.c.subscriber_id)
        .where(_own == subscriber_id, sa.or_(_rows.c.seq > _feeds.c.seq, is_twin))
    )
    return {Entry(*row[:3]): row.op for row in db.session.execute(wrong)}


def row_at(subscriber_id: str, seq: int) -> dict[Entry, Op]:
    """Return what a feed tells under one of its numbers, if there is anything."""
    told = sa.select(_rows.c.subscriber_id, _rows.c.table_name, _rows.c.record_id, _rows.c.op)
    told = told.where(_rows.c.subscriber_id == subscriber_id, _rows.c.seq == seq)
    return {Entry(*row[:3]): row.op for row in db.session.execute(told)}
