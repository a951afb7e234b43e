"""Write into feeds, at the end of the transaction that changed what they carry.

Whoever writes takes the counters of all feeds concerned, in one order, and holds them until the
commit: numbers become visible in their order, and no phone passes over one that comes later.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.kit import bells, touches
from crm_api.kit.bulk import update_rows, upsert_rows
from crm_api.kit.db import db
from crm_api.kit.upserts import insert
from crm_api.sync.feeding import queries
from crm_api.sync.feeding.queries import current_epoch
from crm_api.sync.feeding.terms import Entry
from crm_api.sync.models import Feed, FeedRow, FollowedCover
from crm_api.sync.tables import TABLES
from crm_api.sync.terms import Op

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date, datetime

    from crm_api.kit.touches import Touched
    from crm_api.sync.feeding.terms import Locked, Records

__all__ = [
    "activate",
    "current_epoch",
    "deliver_again",
    "feed_touched",
    "follow_covers",
    "reconcile_customers",
    "reconcile_feed",
]

PLACES = {name: place for place, name in enumerate(TABLES)}


def feed_touched(touched: Touched, now: datetime) -> None:
    """Tell all feeds that a transaction concerns what became of what it touched."""
    _open_feeds(touched.records.get("staff", ()))
    records = _by_table(touched.records)
    readers = {reader_id for reader_id, _name in touched.again}
    if not records and not readers:
        return
    feeds = _lock(records, others=touched.former_owners | readers)
    _mark_moved(feeds, touched.former_owners)
    if any(feed.is_active for feed in feeds.values()):
        _write(_news(records, touched, today=queries.today_at(now)), feeds, now=now)


def deliver_again(
    subscriber_id: str, *, table: str, record_ids: Iterable[str], now: datetime
) -> None:
    """Let a feed tell of records once more as they stand when this transaction commits.

    Whatever is not there, or not the subscriber's, is told to be gone.
    """
    del now  # of the commit, as all that a transaction tells
    touches.touch_again(subscriber_id, table, record_ids)


def activate(subscriber_id: str, *, covers: Collection[str], now: datetime) -> None:
    """Begin to keep a feed, for the first phone that reads it, and fill it."""
    _open_feeds([subscriber_id])
    feeds = _lock({}, others={subscriber_id, *covers})
    if feeds[subscriber_id].is_active:
        return
    db.session.execute(
        sa.update(Feed)
        .where(Feed.subscriber_id == subscriber_id)
        .values(is_active=True, oldest_seq=Feed.seq)
        .execution_options(synchronize_session=False)
    )
    _set_covers(subscriber_id, covers)
    feeds[subscriber_id] = feeds[subscriber_id]._replace(is_active=True)
    _reconcile(subscriber_id, feeds, now=now)


def follow_covers(subscriber_id: str, covers: Collection[str], *, now: datetime) -> None:
    """Let a feed carry the portfolios that its subscriber covers by now, and no others."""
    before = queries.followed_covers(subscriber_id)
    if before == set(covers):
        return
    feeds = _lock({}, others={subscriber_id, *before, *covers})
    _set_covers(subscriber_id, covers)
    # Whoever writes to these portfolios and waited for us looks again for whom it concerns.
    _mark_moved(feeds, (before ^ set(covers)) - {subscriber_id})
    if feeds[subscriber_id].is_active:
        _reconcile(subscriber_id, feeds, now=now)


def reconcile_feed(subscriber_id: str, *, now: datetime) -> int:
    """Mend whatever a feed has that it should not, or lacks; return how many records that were."""
    feeds = _lock({}, others={subscriber_id})
    return _reconcile(subscriber_id, feeds, now=now)


def reconcile_customers(customer_ids: Collection[str], *, now: datetime) -> None:
    """Mend what feeds have of these customers and all that is theirs."""
    records = {"customers": set(customer_ids)}
    feeds = _lock(records, others=())
    wanted, held = queries.compare_customers(customer_ids, today=queries.today_at(now))
    _write(_words(wanted - held, held - wanted), feeds, now=now)


def _open_feeds(staff_ids: Iterable[str]) -> None:
    """Give staff their counters. Not the phone does: a writer at work would not wait for it."""
    rows = [
        {"subscriber_id": staff_id, "seq": 0, "oldest_seq": 0, "is_active": False}
        for staff_id in sorted(staff_ids)
    ]
    if rows:
        db.session.execute(insert(Feed.__table__).on_conflict_do_nothing(), rows)


def _by_table(touched: Records) -> dict[str, set[str]]:
    """Return what was touched as phones call it: theirs may stand in several tables of ours."""
    found: dict[str, set[str]] = {}
    for table in TABLES.values():
        for watched in table.watches:
            if ids := touched.get(watched):
                found.setdefault(table.name, set()).update(ids)
    return found


def _lock(records: Records, *, others: Iterable[str]) -> dict[str, Locked]:
    """Lock all feeds that these records concern, and look again where one moved meanwhile."""
    others = set(others)
    while True:
        feeds = queries.lock_feeds(records, others=others)
        if not any(feed.has_moved for feed in feeds):
            return {feed.subscriber_id: feed for feed in feeds}


def _mark_moved(feeds: dict[str, Locked], subscriber_ids: Iterable[str]) -> None:
    """Have whoever waits for these feeds look again for whom their records concern."""
    for subscriber_id in sorted(feeds.keys() & set(subscriber_ids)):
        feeds[subscriber_id] = _count_up(feeds[subscriber_id], 1)


def _count_up(feed: Locked, by: int) -> Locked:
    row = {"subscriber_id": feed.subscriber_id, "seq": feed.seq + by}
    update_rows(Feed, [row], key=("subscriber_id",))
    return feed._replace(seq=feed.seq + by)


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
    words = _words(wanted - held, held - wanted)
    _write(words, feeds, now=now)
    return len(words)


def _news(records: Records, touched: Touched, *, today: date) -> dict[Entry, Op]:
    """Find out what to tell: of touched records anyhow, of what hangs on them where it differs."""
    asked = defaultdict(set, {name: set(ids) for name, ids in records.items()})
    for name, ids in queries.children_of_visits(records.get("visits", ())).items():
        asked[name] |= ids
    for (_reader_id, name), ids in touched.again.items():
        asked[name] |= ids
    wanted, held = queries.compare_records(asked, today=today)
    words = _words(wanted - held, held - wanted)
    words |= {entry: Op.PUT for entry in wanted if entry.record_id in records.get(entry[1], ())}
    changed = {e.record_id for e in wanted ^ held if e.table_name == "customers"}
    if changed:  # another owner, merged, forgotten: all that is theirs comes or goes with them
        theirs, known = queries.compare_customers(changed, today=today)
        words |= _words(theirs, known - theirs)
    for (reader_id, name), ids in touched.again.items():
        for entry in (Entry(reader_id, name, record_id) for record_id in ids):
            words[entry] = Op.PUT if entry in wanted else Op.GONE
    return words


def _words(puts: Iterable[Entry], gone: Iterable[Entry]) -> dict[Entry, Op]:
    return dict.fromkeys(puts, Op.PUT) | dict.fromkeys(gone, Op.GONE)


def _write(words: dict[Entry, Op], feeds: dict[str, Locked], *, now: datetime) -> None:
    """Give numbers to what is new and put it into the feeds, what others refer to first."""
    by_feed: dict[str, list[Entry]] = defaultdict(list)
    for entry in words:
        by_feed[entry.subscriber_id].append(entry)
    if unlocked := by_feed.keys() - feeds.keys():  # what a fault left there, being mended
        feeds |= _lock({}, others=unlocked)
    rows = []
    for subscriber_id, entries in sorted(by_feed.items()):
        feed = feeds[subscriber_id]
        entries.sort(key=lambda entry: (PLACES[entry.table_name], entry.record_id))
        feeds[subscriber_id] = _count_up(feed, len(entries))
        rows += [
            {**entry._asdict(), "seq": seq, "op": words[entry], "changed_at": now}
            for seq, entry in enumerate(entries, feed.seq + 1)
        ]
    upsert_rows(FeedRow, rows, key=("subscriber_id", "table_name", "record_id"))
    bells.ring_afterwards(by_feed)
