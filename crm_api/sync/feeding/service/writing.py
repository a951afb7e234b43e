"""Locks, numbers, rows: how anything comes into a feed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from crm_api.kit import bells
from crm_api.kit.bulk import update_rows, upsert_rows
from crm_api.kit.db import db
from crm_api.kit.upserts import insert
from crm_api.sync.feeding import queries
from crm_api.sync.models import Feed, FeedRow
from crm_api.sync.tables import TABLES
from crm_api.sync.terms import Op

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from crm_api.sync.feeding.terms import Entry, Locked, Records

# In one statement, which PostgreSQL cuts off after a while: a portfolio may have 300,000 records.
MOST_AT_ONCE = 10_000
PLACES = {name: place for place, name in enumerate(TABLES)}


def open_feeds(staff_ids: Iterable[str]) -> None:
    """Give staff their counters. Not the phone does: a writer at work would not wait for it."""
    rows = [
        {"subscriber_id": staff_id, "seq": 0, "oldest_seq": 0, "is_active": False}
        for staff_id in sorted(staff_ids)
    ]
    if rows:
        db.session.execute(insert(Feed.__table__).on_conflict_do_nothing(), rows)


def lock_feeds(records: Records, *, others: Iterable[str]) -> dict[str, Locked]:
    """Lock all feeds that these records concern, and look again where one moved meanwhile."""
    others = set(others)
    while True:
        feeds = queries.lock_feeds(records, others=others)
        if not any(feed.has_moved for feed in feeds):
            return {feed.subscriber_id: feed for feed in feeds}


def mark_moved(feeds: dict[str, Locked], subscriber_ids: Iterable[str]) -> None:
    """Have whoever waits for these feeds look again for whom their records concern."""
    _count_up(feeds, dict.fromkeys(feeds.keys() & set(subscriber_ids), 1))


def words_for(puts: Iterable[Entry], gone: Iterable[Entry]) -> dict[Entry, Op]:
    """Return what a feed is to say: what is there, and what is there no longer."""
    return dict.fromkeys(puts, Op.PUT) | dict.fromkeys(gone, Op.GONE)


def write_words(words: dict[Entry, Op], feeds: dict[str, Locked], *, now: datetime) -> None:
    """Give numbers to what is new and put it into the feeds, what others refer to first."""
    by_feed: dict[str, list[Entry]] = defaultdict(list)
    for entry in words:
        by_feed[entry.subscriber_id].append(entry)
    if unlocked := by_feed.keys() - feeds.keys():  # what a fault left there, being mended
        feeds |= lock_feeds({}, others=unlocked)
    for subscriber_id in [one for one in by_feed if not feeds[one].is_active]:
        del by_feed[subscriber_id]
    first = {subscriber_id: feeds[subscriber_id].seq + 1 for subscriber_id in by_feed}
    _count_up(feeds, {subscriber_id: len(entries) for subscriber_id, entries in by_feed.items()})
    rows = [
        {**entry._asdict(), "seq": seq, "op": words[entry], "changed_at": now}
        for subscriber_id, entries in by_feed.items()
        for seq, entry in enumerate(sorted(entries, key=_place), first[subscriber_id])
    ]
    for start in range(0, len(rows), MOST_AT_ONCE):
        some = rows[start : start + MOST_AT_ONCE]
        upsert_rows(FeedRow, some, key=("subscriber_id", "table_name", "record_id"))
    bells.ring_afterwards(by_feed)


def _place(entry: Entry) -> tuple[int, str]:
    return PLACES[entry.table_name], entry.record_id


def _count_up(feeds: dict[str, Locked], by: Mapping[str, int]) -> None:
    for subscriber_id, more in by.items():
        feed = feeds[subscriber_id]
        feeds[subscriber_id] = feed._replace(seq=feed.seq + more)
    rows = [{"subscriber_id": one, "seq": feeds[one].seq} for one in sorted(by)]
    update_rows(Feed, rows, key=("subscriber_id",))
