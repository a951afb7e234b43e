"""What feeds hold, and what they should: compiled once for each set of tables and each day."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from crm_api.customers.models import Customer
from crm_api.kit.bundles import among, as_parameter
from crm_api.kit.straight import StraightRead
from crm_api.sync.feeding.terms import Entry, Locked
from crm_api.sync.models import Feed, FeedRow, FollowedCover
from crm_api.sync.tables import TABLES
from crm_api.sync.terms import Op

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from crm_api.sync.feeding.terms import Records
    from crm_api.sync.tables import SyncTable

    Selects = list[sa.Select[Any]]

_feeds: Any = Feed.__table__
_rows: Any = FeedRow.__table__
_covers: Any = FollowedCover.__table__
_theirs: Any = Customer.__table__.alias("theirs")

_own = _feeds.c.subscriber_id
_KEPT: Final = 500  # statements: sets of tables that are touched together, on the days in use


def lock_feeds(records: Records, *, others: Iterable[str]) -> list[Locked]:
    """Lock, in one order, the counters of all whom these records concern, and some others.

    They concern the owner of the customer, who stands in for the owner, and whoever has them.
    """
    names = tuple(name for name in TABLES if name in records)
    asked = {name: as_parameter(sorted(records[name])) for name in names}
    rows = _locking(names).rows(others=as_parameter(sorted(others)), **asked)
    return [Locked(*row) for row in rows]


@lru_cache(_KEPT)
def _locking(names: tuple[str, ...]) -> StraightRead:
    tables = [TABLES[name] for name in names]
    owners = sa.union(
        sa.select(_own.label("id")).where(among(_own, "others")),
        *(_owners(table) for table in tables),
    ).cte("owners")
    concerned = sa.union(
        sa.select(owners.c.id),
        sa.select(_covers.c.subscriber_id).where(_covers.c.absent_id.in_(sa.select(owners.c.id))),
        *(sa.select(_rows.c.subscriber_id).where(_is_row_of(table)) for table in tables),
    )
    # As it was when the statement began: of a row that was waited for, the lock shows the newest.
    seen = _feeds.alias("seen")
    locked = (
        sa.select(
            _own,
            _feeds.c.seq,
            _feeds.c.is_active,
            (_feeds.c.seq != seen.c.seq).label("has_moved"),
        )
        .join(seen, seen.c.subscriber_id == _own)
        .where(_own.in_(concerned))
        .order_by(_own)
        .with_for_update(key_share=True, of=_feeds)
    )
    return StraightRead(locked)


def _owners(table: SyncTable) -> sa.Select[Any]:
    its = among(table.id, table.name)
    if table.customer_id is None:
        whose: Any = table.subscriber_id
        return sa.select(whose).select_from(table.source).where(its)
    return sa.select(_theirs.c.owner_id).select_from(_joined(table)).where(its)


def _joined(table: SyncTable) -> sa.Join:
    return table.source.join(_theirs, _theirs.c.id == table.customer_id)


def _is_row_of(table: SyncTable) -> sa.ColumnElement[bool]:
    return sa.and_(_rows.c.table_name == table.name, among(_rows.c.record_id, table.name))


def compare_records(records: Records, *, today: date) -> tuple[set[Entry], set[Entry]]:
    """Return the entries that active feeds should have of these records, and those they have."""
    names = tuple(name for name in TABLES if records.get(name))
    if not names:
        return set(), set()
    asked = {name: as_parameter(sorted(records[name])) for name in names}
    return _sorted(_comparing_records(names, today).rows(**asked))


def compare_customers(customer_ids: Iterable[str], *, today: date) -> tuple[set[Entry], set[Entry]]:
    """Return what active feeds should have of these customers and all that is theirs, and have."""
    return _sorted(_comparing_customers(today).rows(customers=as_parameter(sorted(customer_ids))))


def compare_feed(subscriber_id: str, *, today: date) -> tuple[set[Entry], set[Entry]]:
    """Return what a feed should have where it is active, and what it has."""
    return _sorted(_comparing_feed(today).rows(subscriber=subscriber_id))


def _sorted(rows: Iterable[Any]) -> tuple[set[Entry], set[Entry]]:
    wanted: set[Entry] = set()
    held: set[Entry] = set()
    for is_held, *entry in rows:
        (held if is_held else wanted).add(Entry(*entry))
    return wanted, held


@lru_cache(_KEPT)
def _comparing_records(names: tuple[str, ...], today: date) -> StraightRead:
    tables = [TABLES[name] for name in names]
    wanted = [_wanted(table, today).where(among(table.id, table.name)) for table in tables]
    return _compared(wanted, [_held().where(_is_row_of(table)) for table in tables])


@lru_cache(8)
def _comparing_customers(today: date) -> StraightRead:
    wanted: Selects = []
    held: Selects = []
    for table in TABLES.values():
        if table.customer_id is None:
            continue
        its = among(table.customer_id, "customers")
        wanted.append(_wanted(table, today).where(its))
        ids = sa.select(table.id).select_from(table.source).where(its)
        held.append(_held().where(_rows.c.table_name == table.name, _rows.c.record_id.in_(ids)))
    return _compared(wanted, held)


@lru_cache(8)
def _comparing_feed(today: date) -> StraightRead:
    whose = sa.bindparam("subscriber", type_=sa.Text())
    wanted = [_wanted(table, today, whose=whose) for table in TABLES.values()]
    return _compared(wanted, [_held().where(_rows.c.subscriber_id == whose)])


def _compared(wanted: Selects, held: Selects) -> StraightRead:
    return StraightRead(sa.union_all(*wanted, *held))


def _wanted(table: SyncTable, today: date, *, whose: Any = None) -> sa.Select[Any]:
    """Select the entries of a table that active feeds should have."""
    source: sa.FromClause
    if table.customer_id is None:
        feeds = _own == table.subscriber_id
        of, source = _own, table.source.join(_feeds, feeds)
        conditions = [_feeds.c.is_active]
    else:
        follows = _follows(whose)
        is_theirs = follows.c.portfolio_id == _theirs.c.owner_id
        of, source = follows.c.subscriber_id, _joined(table).join(follows, is_theirs)
        conditions = [_theirs.c.erased_at.is_(None)]
    if table.is_within is not None:
        conditions.append(table.is_within(today))
    if whose is not None:
        conditions.append(of == whose)
    return _entries(0, sa.literal_column(f"'{table.name}'"), table.id, of, source).where(
        *conditions
    )


def _held() -> sa.Select[Any]:
    is_put = _rows.c.op == sa.literal_column(f"'{Op.PUT}'")
    columns = (_rows.c.table_name, _rows.c.record_id, _rows.c.subscriber_id)
    return _entries(1, *columns, _rows).where(is_put)


def _entries(is_held: int, name: Any, record_id: Any, of: Any, source: Any) -> sa.Select[Any]:
    return sa.select(sa.literal_column(str(is_held)), of, name, record_id).select_from(source)


def _follows(whose: Any) -> Any:
    """Return whose customers each active feed carries: the subscriber's, and of whom it covers."""
    own = sa.select(_own, _own.label("portfolio_id"))
    covered = sa.select(_covers.c.subscriber_id, _covers.c.absent_id).join(
        _feeds, _own == _covers.c.subscriber_id
    )
    if whose is not None:
        own = own.where(_own == whose)
        covered = covered.where(_own == whose)
    both = sa.union_all(own.where(_feeds.c.is_active), covered.where(_feeds.c.is_active))
    return both.subquery("follows")
