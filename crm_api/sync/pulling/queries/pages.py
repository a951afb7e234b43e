"""A page of a feed: a range of its index, then the records by their keys."""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy as sa

from crm_api.kit.bundles import among, as_parameter
from crm_api.kit.straight import StraightRead
from crm_api.sync.models import Feed, FeedRow
from crm_api.sync.pulling.queries.wire import is_told, on_the_wire
from crm_api.sync.pulling.values import Page
from crm_api.sync.tables import TABLES, SyncTable
from crm_api.sync.terms import Op

_feeds: Any = Feed.__table__
_rows: Any = FeedRow.__table__

_news = (
    sa.select(
        _rows.c.subscriber_id,
        _rows.c.seq,
        _rows.c.table_name,
        _rows.c.record_id,
        sa.type_coerce(_rows.c.op, sa.Text()).label("op"),
    )
    .where(
        _rows.c.subscriber_id == sa.bindparam("subscriber_id"),
        _rows.c.seq > sa.bindparam("after", type_=sa.BigInteger()),
    )
    .order_by(_rows.c.seq)
    .limit(sa.bindparam("most", type_=sa.BigInteger()))
    .subquery("news")
)
# The range of the index is cut before the join: what comes after the page is never looked at.
_RANGE = StraightRead(
    sa.select(
        _feeds.c.seq,
        _feeds.c.oldest_seq,
        _news.c.seq.label("at"),
        _news.c.table_name,
        _news.c.record_id,
        _news.c.op,
    )
    .select_from(_feeds)
    .outerjoin(_news, _news.c.subscriber_id == _feeds.c.subscriber_id)
    .where(_feeds.c.subscriber_id == sa.bindparam("subscriber_id"))
    .order_by(_news.c.seq)
)


def tables_of(schema_version: int) -> tuple[str, ...]:
    """Return the tables that an app of this version has."""
    return tuple(name for name, table in TABLES.items() if table.since <= schema_version)


def find_page(subscriber_id: str, *, after: int, limit: int, schema_version: int) -> Page:
    """Return what a feed tells after one of its rows, each table of the version named.

    A record that is in the feed and nowhere else has gone.
    """
    found = _RANGE.rows(subscriber_id=subscriber_id, after=after, most=limit + 1)
    seq, oldest_seq = found[0][:2]
    told = [row[2:] for row in found[:limit] if row[2] is not None]
    ops: dict[str, dict[str, str]] = {name: {} for name in tables_of(schema_version)}
    for _, name, record_id, op in told:
        if name in ops:  # else of a table that this version does not have
            ops[name][record_id] = op
    changes = {name: _changes(name, its, schema_version) for name, its in ops.items()}
    has_more = len(found) > limit
    return Page(changes, told[-1][0] if has_more else seq, oldest_seq, has_more=has_more)


def _changes(name: str, ops: dict[str, str], schema_version: int) -> dict[str, list[Any]]:
    put = [record_id for record_id, op in ops.items() if op == Op.PUT]
    records = reader(name, schema_version).read(put) if put else []
    there = {record["id"] for record in records}
    gone = [record_id for record_id in ops if record_id not in there]
    return {"created": [], "updated": records, "deleted": gone}


@cache
def reader(name: str, schema_version: int) -> Reader:
    """Return what reads a table for phones of one schema version; made once."""
    return Reader(TABLES[name], schema_version)


class Reader:
    """Reads records of a table as phones of one schema version have them."""

    def __init__(self, table: SyncTable, schema_version: int) -> None:
        columns = table.columns_of(schema_version)
        told = [column for column in columns if is_told(column)]
        self._names = ("id", *(column.name for column in told))
        self._blank = dict.fromkeys(("id", *(column.name for column in columns)))
        select = sa.select(table.id, *(on_the_wire(column) for column in told))
        self._records = StraightRead(select.select_from(table.source).where(among(table.id, "ids")))

    def read(self, ids: list[str]) -> list[dict[str, Any]]:
        """Return these records, each with all columns of its table."""
        names, blank = self._names, self._blank
        rows = self._records.rows(ids=as_parameter(ids))
        return [blank | dict(zip(names, row, strict=True)) for row in rows]
