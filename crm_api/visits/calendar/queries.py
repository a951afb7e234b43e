"""Reads of feeds, and of the visits that they show."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts import queries as accounts
from crm_api.customers.models import Customer
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import fetch_page
from crm_api.visits.calendar.models import CalendarFeed
from crm_api.visits.models import Visit, VisitColleague
from crm_api.visits.queries.access import is_seen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import Page, PageRequest

BACK = timedelta(days=30)
AHEAD = timedelta(days=180)
MOST_SHOWN = 1000
SHOWN: tuple[Any, ...] = (
    Visit.id,
    Visit.version,
    Visit.starts_at,
    Visit.ends_at,
    Visit.created_at,
    Visit.confirmed_at,
    Visit.cancelled_at,
    Visit.missed_at,
    Visit.status,
    Visit.place,
    Customer.name,
)


def fetch_feeds(*, visible_to: Actor, page: PageRequest) -> Page:
    """Return a page of one's own feeds, oldest first; nobody sees another's."""
    statement = sa.select(CalendarFeed).where(CalendarFeed.owner_id == visible_to.id)
    return fetch_page(statement, by=[CalendarFeed.id], page=page)


def get_feed(feed_id: str, *, visible_to: Actor, for_change: bool = False) -> CalendarFeed:
    """Return one of one's own feeds; for a change, locked and as it is now.

    :raises NotFound: if there is none, or it is somebody else's
    """
    wanted = sa.select(CalendarFeed).where(
        CalendarFeed.id == feed_id, CalendarFeed.owner_id == visible_to.id
    )
    if for_change:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    feed = db.session.scalars(wanted).one_or_none()
    if feed is None:
        raise NotFound("calendar feed")
    return feed


def count_live_feeds(owner_id: str) -> int:
    """Return how many of somebody's feeds are not revoked."""
    live = sa.select(sa.func.count()).select_from(CalendarFeed)
    live = live.where(CalendarFeed.owner_id == owner_id, CalendarFeed.revoked_at.is_(None))
    return db.session.scalars(live).one()


def find_shown(digest: str, *, now: datetime) -> tuple[CalendarFeed, Actor] | None:
    """Return the feed that an address shows, and whose it is, if both still stand."""
    before = sa.and_(CalendarFeed.previous_digest == digest, CalendarFeed.previous_until > now)
    statement = sa.select(CalendarFeed).where(
        sa.or_(CalendarFeed.digest == digest, before), CalendarFeed.revoked_at.is_(None)
    )
    feed = db.session.scalars(statement).one_or_none()
    owner = None if feed is None else accounts.find_at_work(feed.owner_id, at=now)
    return None if feed is None or owner is None else (feed, owner)


def shown_visits(owner: Actor, *, now: datetime) -> Sequence[sa.Row[Any]]:
    """Return somebody's visits around now, by time, as far as they may still see them.

    Along with those of the colleagues for whom they stand in, and those on which they go along.
    """
    along = sa.select(VisitColleague.visit_id).where(VisitColleague.staff_id == owner.id)
    statement = _shown(owner).where(
        sa.or_(Visit.owner_id.in_(owner.portfolios), Visit.id.in_(along)),
        Visit.starts_at.between(now - BACK, now + AHEAD),
    )
    return db.session.execute(statement.order_by(Visit.starts_at, Visit.id).limit(MOST_SHOWN)).all()


def get_shown_visit(visit_id: str, *, visible_to: Actor) -> sa.Row[Any]:
    """Return what a calendar is told of one visit.

    :raises NotFound: if there is none, or none that the actor may see
    """
    row = db.session.execute(_shown(visible_to).where(Visit.id == visit_id)).one_or_none()
    if row is None:
        raise NotFound("visit")
    return row


def _shown(visible_to: Actor) -> sa.Select[Any]:
    statement = sa.select(*SHOWN).join(Customer, Customer.id == Visit.customer_id)
    return statement.where(is_seen(visible_to=visible_to))
