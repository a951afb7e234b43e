"""Write into feeds, at the end of the transaction that changed what they carry.

Whoever writes takes the counters of all feeds concerned, in one order, and holds them until the
commit: numbers become visible in their order, and no phone passes over one that comes later.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from crm_api.kit import touches
from crm_api.sync.feeding import queries
from crm_api.sync.feeding.service import writing
from crm_api.sync.feeding.terms import Entry
from crm_api.sync.tables import TABLES
from crm_api.sync.terms import Op

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from crm_api.kit.touches import Touched
    from crm_api.sync.feeding.terms import Records


def feed_touched(touched: Touched, now: datetime) -> None:
    """Tell all feeds that a transaction concerns what became of what it touched."""
    writing.open_feeds(touched.records.get("staff", ()))
    records = _by_table(touched.records)
    readers = {reader_id for reader_id, _name in touched.again}
    if not records and not readers:
        return
    feeds = writing.lock_feeds(records, others=touched.former_owners | readers)
    writing.mark_moved(feeds, touched.former_owners)
    if any(feed.is_active for feed in feeds.values()):
        writing.write_words(_news(records, touched, today=queries.today_at(now)), feeds, now=now)


def deliver_again(
    subscriber_id: str, *, table: str, record_ids: Iterable[str], now: datetime
) -> None:
    """Let a feed tell of records once more as they stand when this transaction commits.

    Whatever is not there, or not the subscriber's, is told to be gone.
    """
    del now  # of the commit, as all that a transaction tells
    touches.touch_again(subscriber_id, table, record_ids)


def _by_table(touched: Records) -> dict[str, set[str]]:
    """Return what was touched as phones call it: theirs may stand in several tables of ours."""
    found: dict[str, set[str]] = {}
    for table in TABLES.values():
        for watched in table.watches:
            if ids := touched.get(watched):
                found.setdefault(table.name, set()).update(ids)
    return found


def _news(records: Records, touched: Touched, *, today: date) -> dict[Entry, Op]:
    """Find out what to tell: of touched records anyhow, of what hangs on them where it differs."""
    asked = _with_what_hangs_on(records)
    for (_reader_id, name), ids in touched.again.items():
        asked[name] |= ids
    wanted, held = queries.compare_records(asked, today=today)
    words = writing.words_for(wanted - held, held - wanted)
    words |= {entry: Op.PUT for entry in wanted if entry.record_id in records.get(entry[1], ())}
    moved = _customers_moved(records.get("customers", ()), wanted=wanted, held=held)
    if moved:  # another owner, merged, forgotten: all that is theirs comes or goes with them
        theirs, known = queries.compare_customers(moved, today=today)
        words |= writing.words_for(theirs, known - theirs)
    return words | _again(touched, wanted)


def _with_what_hangs_on(records: Records) -> dict[str, set[str]]:
    asked = defaultdict(set, {name: set(ids) for name, ids in records.items()})
    if visit_ids := records.get("visits"):
        for name, ids in queries.children_of_visits(visit_ids).items():
            asked[name] |= ids
    if brief_ids := records.get("briefs"):
        asked["briefs"] |= queries.briefs_beside(brief_ids)
    return asked


def _customers_moved(touched: Iterable[str], *, wanted: set[Entry], held: set[Entry]) -> set[str]:
    """Return those of whom other feeds tell from now on, or who are in none."""
    told_of = {entry.record_id for entry in wanted & held if entry.table_name == "customers"}
    come_or_go = {entry.record_id for entry in wanted ^ held if entry.table_name == "customers"}
    return set(touched) - (told_of - come_or_go)


def _again(touched: Touched, wanted: set[Entry]) -> dict[Entry, Op]:
    """Return what is told to one reader who asked: the record as it stands, or that it is gone."""
    entries = [
        Entry(reader_id, name, record_id)
        for (reader_id, name), ids in touched.again.items()
        for record_id in ids
    ]
    return {entry: Op.PUT if entry in wanted else Op.GONE for entry in entries}
