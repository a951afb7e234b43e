"""Let visits be seen in people's own calendars."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crm_api.accounts import queries as accounts
from crm_api.accounts.tokens import digest_of
from crm_api.audit import service as audit
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.ids import new_id
from crm_api.visits.calendar import policies, queries
from crm_api.visits.calendar.errors import FeedRevoked, TooManyFeeds
from crm_api.visits.calendar.models import CalendarFeed
from crm_api.visits.calendar.policies import Entry
from crm_api.visits.calendar.terms import Shown

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor

MOST_FEEDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedFeed:
    """A feed with its address's secret part, shown once."""

    feed: CalendarFeed
    token: str


def make_feed(*, label: str, shows: Shown, by: Actor, now: datetime) -> IssuedFeed:
    """Make a private address of one's own visits.

    :raises TooManyFeeds: if there are enough already
    """
    accounts.lock_staff(by.id)
    if queries.count_live_feeds(by.id) >= MOST_FEEDS:
        raise TooManyFeeds(most=MOST_FEEDS)
    token = _new_token()
    feed = CalendarFeed(
        id=new_id(),
        owner_id=by.id,
        label=label,
        shows=shows,
        digest=digest_of(token),
        created_at=now,
    )
    db.session.add(feed)
    db.session.flush()
    _tell("calendar_feed.made", feed, by=by, at=now)
    return IssuedFeed(feed=feed, token=token)


def rotate_feed(feed_id: str, *, overlap_hours: int, by: Actor, now: datetime) -> IssuedFeed:
    """Give a feed another address; the one before goes on for a while, and any older one ends.

    :raises NotFound: if there is no such feed of one's own
    :raises FeedRevoked: if it was revoked
    """
    feed = queries.get_feed(feed_id, visible_to=by, for_change=True)
    if feed.revoked_at is not None:
        raise FeedRevoked
    token = _new_token()
    feed.rotate(digest_of(token), overlap_until=now + timedelta(hours=overlap_hours), at=now)
    db.session.flush()
    _tell("calendar_feed.rotated", feed, by=by, at=now)
    return IssuedFeed(feed=feed, token=token)


def revoke_feed(feed_id: str, *, by: Actor, now: datetime) -> None:
    """Let a feed end at once. A repeat changes nothing.

    :raises NotFound: if there is no such feed of one's own
    """
    feed = queries.get_feed(feed_id, visible_to=by, for_change=True)
    if feed.revoke(at=now):
        db.session.flush()
        _tell("calendar_feed.revoked", feed, by=by, at=now)


def show_feed(token: str, *, now: datetime) -> bytes:
    """Return what a feed's address shows.

    :raises NotFound: if nobody has such a feed any more
    """
    found = queries.find_shown(digest_of(token), now=now)
    if found is None:
        raise NotFound("calendar feed")
    feed, owner = found
    entries = [_entry(row, shows=feed.shows) for row in queries.shown_visits(owner, now=now)]
    return policies.write_calendar(entries, name=feed.label or policies.VISIT)


def show_visit(visit_id: str, *, visible_to: Actor) -> bytes:
    """Return one visit as a calendar file.

    :raises NotFound: if the actor may not see it
    """
    row = queries.get_shown_visit(visit_id, visible_to=visible_to)
    return policies.write_calendar([_entry(row, shows=None)])


def _entry(row: Any, *, shows: Shown | None) -> Entry:
    told = [row.created_at, row.confirmed_at, row.cancelled_at, row.missed_at]
    return Entry(
        id=row.id,
        version=row.version,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        changed_at=max(moment for moment in told if moment is not None),
        status=row.status,
        summary=policies.summary_of(row.name, shows=shows),
        place=None if shows is Shown.TIMES else row.place,
    )


def _new_token() -> str:
    return secrets.token_urlsafe(32)


def _tell(action: str, feed: CalendarFeed, *, by: Actor, at: datetime) -> None:
    audit.record(
        action,
        by_id=by.id,
        at=at,
        subject_kind="calendar_feed",
        subject_id=feed.id,
        details={"shows": feed.shows},
    )
