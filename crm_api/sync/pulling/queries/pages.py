"""A page of a feed: a range of its index, and the records that it names, by their keys."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.kit.bundles import Bundle, among
from crm_api.kit.straight import fixed, whatever
from crm_api.sync.models import Feed, FeedRow
from crm_api.sync.pulling.queries.wire import is_told, on_the_wire
from crm_api.sync.pulling.values import Page
from crm_api.sync.tables import TABLES, Column, SyncTable
from crm_api.sync.terms import Op

if TYPE_CHECKING:
    from crm_api.kit.bundles import Rows

_feeds: Any = Feed.__table__
_rows: Any = FeedRow.__table__
_FEED, _NEWS = "of feed", "of news"  # no table is named so

# The range of the index is cut before anything else: what comes after the page is never looked at.
_news = (
    sa.select(_rows.c.seq, _rows.c.table_name, _rows.c.record_id, _rows.c.op)
    .where(
        _rows.c.subscriber_id == sa.bindparam("subscriber_id"),
        _rows.c.seq > whatever("after", sa.BigInteger()),
    )
    .order_by(_rows.c.seq)
    .limit(whatever("most", sa.BigInteger()))
    .cte("news")
)


def tables_of(schema_version: int) -> tuple[str, ...]:
    """Return the tables that an app of this version has."""
    return tuple(name for name, table in TABLES.items() if table.since <= schema_version)


def find_page(subscriber_id: str, *, after: int, limit: int, schema_version: int) -> Page:
    """Return what a feed tells after one of its rows, each table of the version named.

    One statement, and so one state of the database. A record that is in the feed and nowhere else
    has gone.
    """
    found = reader(schema_version).read(subscriber_id=subscriber_id, after=after, most=limit + 1)
    [(seq, oldest_seq)] = found[_FEED]
    news = sorted(found[_NEWS])
    told = news[:limit]
    ids: dict[str, list[str]] = {name: [] for name in tables_of(schema_version)}
    for _, name, record_id, _ in told:
        if name in ids:  # else of a table that this version does not have
            ids[name].append(record_id)
    changes = {name: _changes(found[name], ids[name], name, schema_version) for name in ids}
    has_more = len(news) > limit
    return Page(changes, told[-1][0] if has_more else seq, oldest_seq, has_more=has_more)


def _changes(rows: Rows, ids: list[str], name: str, schema_version: int) -> dict[str, list[Any]]:
    names, blank = _columns(name, schema_version)
    there = {row[0]: blank | dict(zip(names, row, strict=True)) for row in rows}
    put = [there[record_id] for record_id in ids if record_id in there]
    gone = [record_id for record_id in ids if record_id not in there]
    return {"created": [], "updated": put, "deleted": gone}


@cache
def reader(schema_version: int) -> Bundle:
    """Return what reads a page for phones of one schema version; made once."""
    tables = {name: _records(TABLES[name], schema_version) for name in tables_of(schema_version)}
    feed = sa.select(_feeds.c.seq, _feeds.c.oldest_seq).where(
        _feeds.c.subscriber_id == sa.bindparam("subscriber_id")
    )
    return Bundle(**{_FEED: feed, _NEWS: sa.select(_news)}, **tables)


def _records(table: SyncTable, schema_version: int) -> sa.Select[Any]:
    """Select the records of a table that the page puts."""
    put = sa.select(_news.c.record_id).where(
        _news.c.table_name == fixed(table.name), _news.c.op == fixed(Op.PUT, _rows.c.op)
    )
    told = _told(table, schema_version)
    alone = sa.select(table.id, *(column.source for column in told)).get_final_froms()
    # What else it is joined with tells whose a record is: the feed knows that already.
    source = alone[0] if len(alone) == 1 else table.source
    columns = (on_the_wire(column) for column in told)
    return sa.select(table.id, *columns).select_from(source).where(among(table.id, put))


@cache
def _columns(name: str, schema_version: int) -> tuple[tuple[str, ...], dict[str, None]]:
    """Return the names of what a table's select gives, and a record without any of its values."""
    table = TABLES[name]
    told = _told(table, schema_version)
    whole = ("id", *(column.name for column in table.columns_of(schema_version)))
    return ("id", *(column.name for column in told)), dict.fromkeys(whole)


def _told(table: SyncTable, schema_version: int) -> list[Column]:
    return [column for column in table.columns_of(schema_version) if is_told(column)]
