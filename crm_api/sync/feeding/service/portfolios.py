"""What a feed carries as a whole: the subscriber's own portfolio, and those that it covers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.kit.db import db
from crm_api.kit.upserts import insert
from crm_api.sync.feeding import queries
from crm_api.sync.feeding.service import writing
from crm_api.sync.models import Feed, FollowedCover

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from crm_api.sync.feeding.terms import Locked


def activate(subscriber_id: str, *, covers: Collection[str], now: datetime) -> None:
    """Begin to keep a feed, for the first phone that reads it, and fill it."""
    writing.open_feeds([subscriber_id])
    feeds = writing.lock_feeds({}, others={subscriber_id, *covers})
    if feeds[subscriber_id].is_active:
        return
    db.session.execute(
        sa.update(Feed)
        .where(Feed.subscriber_id == subscriber_id)
        .values(is_active=True, oldest_seq=Feed.seq)
        .execution_options(synchronize_session=False)
    )
    _set_covers(subscriber_id, covers)
    writing.mark_moved(feeds, set(covers) - {subscriber_id})
    feeds[subscriber_id] = feeds[subscriber_id]._replace(is_active=True)
    _reconcile(subscriber_id, feeds, now=now)


def follow_covers(subscriber_id: str, covers: Collection[str], *, now: datetime) -> None:
    """Let a feed carry the portfolios that its subscriber covers by now, and no others."""
    before = queries.followed_covers(subscriber_id)
    if before == set(covers):
        return
    feeds = writing.lock_feeds({}, others={subscriber_id, *before, *covers})
    _set_covers(subscriber_id, covers)
    writing.mark_moved(feeds, (before ^ set(covers)) - {subscriber_id})
    if feeds[subscriber_id].is_active:
        _reconcile(subscriber_id, feeds, now=now)


def reconcile_feed(subscriber_id: str, *, now: datetime) -> int:
    """Mend whatever a feed has that it should not, or lacks; return how many records that were."""
    feeds = writing.lock_feeds({}, others={subscriber_id})
    return _reconcile(subscriber_id, feeds, now=now)


def vacate(subscriber_id: str, seq: int, *, now: datetime) -> None:
    """Have no page of a feed end at a number: what has it is told again, as the next one."""
    feeds = writing.lock_feeds({}, others={subscriber_id})
    if there := queries.row_at(subscriber_id, seq):
        writing.write_words(there, feeds, now=now)
    else:  # of a feed that ends there
        writing.mark_moved(feeds, {subscriber_id})


def _set_covers(subscriber_id: str, covers: Collection[str]) -> None:
    gone = sa.delete(FollowedCover).where(
        FollowedCover.subscriber_id == subscriber_id, FollowedCover.absent_id.not_in(covers)
    )
    db.session.execute(gone.execution_options(synchronize_session=False))
    rows = [{"subscriber_id": subscriber_id, "absent_id": one} for one in sorted(covers)]
    if rows:
        db.session.execute(insert(FollowedCover.__table__).on_conflict_do_nothing(), rows)


def _reconcile(subscriber_id: str, feeds: dict[str, Locked], *, now: datetime) -> int:
    wanted, held = queries.compare_feed(subscriber_id, today=queries.today_at(now))
    words = writing.words_for(wanted - held, held - wanted)
    writing.write_words(words, feeds, now=now)
    return len(words)
