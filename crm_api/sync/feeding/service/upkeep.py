"""What keeps feeds true and small: covers, old tombstones, feeds that nobody reads, faults."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from crm_api.kit.db import db
from crm_api.sync.feeding import queries
from crm_api.sync.feeding.service import portfolios, writing
from crm_api.sync.feeding.terms import Faults
from crm_api.sync.models import Feed, FeedRow, FollowedCover
from crm_api.sync.terms import Op

if TYPE_CHECKING:
    from datetime import datetime

T = TypeVar("T", bound=sa.UpdateBase)


def follow_covers_in_force(subscriber_id: str, *, now: datetime) -> None:
    """Let a feed carry what its subscriber covers at this moment."""
    covers = queries.covers_in_force(subscriber_id, now=now)
    portfolios.follow_covers(subscriber_id, covers, now=now)


def find_faults(subscriber_id: str, *, now: datetime) -> Faults:
    """Return what a feed lacks, has too much, and which of its numbers cannot be."""
    wanted, held = queries.compare_feed(subscriber_id, today=queries.today_at(now))
    return Faults(
        subscriber_id=subscriber_id,
        lacks=frozenset(wanted - held),
        has_too_much=frozenset(held - wanted),
        misnumbered=frozenset(queries.misnumbered(subscriber_id)),
    )


def repair_feed(subscriber_id: str, *, now: datetime) -> None:
    """Mend whatever is wrong with a feed, its covers included."""
    follow_covers_in_force(subscriber_id, now=now)
    portfolios.reconcile_feed(subscriber_id, now=now)
    feeds = writing.lock_feeds({}, others=[subscriber_id])
    writing.write_words(queries.misnumbered(subscriber_id), feeds, now=now)


def purge_tombstones(subscriber_id: str, *, before: datetime) -> int:
    """Forget what has been gone for long; a cursor of before that is answered in full."""
    writing.lock_feeds({}, others=[subscriber_id])
    gone = sa.delete(FeedRow).where(
        FeedRow.subscriber_id == subscriber_id,
        FeedRow.op == Op.GONE,
        FeedRow.changed_at < before,
    )
    numbers = db.session.scalars(_plain(gone.returning(FeedRow.seq))).all()
    if numbers:
        newest = sa.update(Feed).where(
            Feed.subscriber_id == subscriber_id, Feed.oldest_seq < max(numbers)
        )
        db.session.execute(_plain(newest.values(oldest_seq=max(numbers))))
    return len(numbers)


def retire_feed(subscriber_id: str, *, unread_since: datetime) -> None:
    """Keep a feed no longer that no phone has read for long, or whose subscriber has left.

    A phone that comes back is filled anew; one that came just now keeps its feed.
    """
    writing.lock_feeds({}, others=[subscriber_id])
    if subscriber_id not in queries.unread_feeds(since=unread_since):
        return
    for model in (FeedRow, FollowedCover):
        db.session.execute(_plain(sa.delete(model).where(model.subscriber_id == subscriber_id)))
    kept = sa.update(Feed).where(Feed.subscriber_id == subscriber_id)
    # Counted up as well: cursors that were given out are too old from now on.
    db.session.execute(
        _plain(kept.values(is_active=False, seq=Feed.seq + 1, oldest_seq=Feed.seq + 1))
    )


def _plain(statement: T) -> T:
    return statement.execution_options(synchronize_session=False)
