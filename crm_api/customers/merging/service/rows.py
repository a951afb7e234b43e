"""Move the rows that name a customer, and put them back: by what their columns declare."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from crm_api.customers.merging.service.journal import as_row, is_row, rows_of
from crm_api.customers.merging.terms import RowChange
from crm_api.customers.models import Customer, Relation
from crm_api.customers.queries.access import find_with_account
from crm_api.customers.service import belongings
from crm_api.kit.db import db
from crm_api.kit.succession import Fate, columns_referring_to, fate_of, keys_with
from crm_api.kit.touches import touch_matching, touch_rows, touching

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from crm_api.customers.merging.models import MergedRow
    from crm_api.customers.merging.service.journal import Journal, Row

CUSTOMERS = Customer.__table__
# Some columns refer to a customer without a foreign key.
NAMES = ("customer_id", "subject_id", "merged_into_id")


def move_rows(*, merged_id: str, survivor_id: str, journal: Journal) -> None:
    """Let every row that says so go on with the survivor, or give way to the survivor's own."""
    for column in columns_referring_to("customers", also=NAMES):
        table, fate = column.table, fate_of(column)
        if fate is Fate.YIELDS:
            theirs = rows_of(table, column == merged_id)
            taken = (row for row in theirs if _is_taken(table, column, row, by=survivor_id))
            journal.take_away(table, list(taken))
        if fate in (Fate.MOVES, Fate.YIELDS):
            journal.move(table, column.name, column == merged_id, to=survivor_id)


def hand_open_rows(*, merged_id: str, from_id: str, to_id: str, journal: Journal) -> None:
    """Let what is still to be done for who goes be the survivor's account manager's."""
    for column, rows in belongings.moving_columns():
        table: Any = column.table
        its = sa.and_(table.c.customer_id == merged_id, column == from_id, sa.text(rows.where))
        journal.move(table, column.name, its, to=to_id)


def _is_taken(table: sa.Table, column: sa.Column[Any], row: Row, *, by: str) -> bool:
    """Tell whether the survivor has a row of its own under one of the same keys."""
    keys = ({name: row[name] for name in names} | {column.name: by} for names in keys_with(column))
    held = (sa.and_(*(table.c[n] == value for n, value in key.items())) for key in keys)
    return bool(db.session.scalar(sa.select(sa.exists().where(sa.or_(*held)))))


def put_back(rows: Iterable[MergedRow], *, stays: Mapping[str, Collection[str]]) -> None:
    """Undo what a merge did to rows, the last first.

    Who changed one of them since meant it as it is now: their change stays. So does, with all that
    belongs to it, what happened since: `stays` names it by table.
    """
    for row in rows:
        table = db.metadata.tables[row.table_name]
        key = as_row(table, row.key)
        if not _happened(table, key, stays):
            UNDO[row.change](table, key, row)


def _happened(table: sa.Table, key: Row, stays: Mapping[str, Collection[str]]) -> bool:
    if not stays:
        return False
    [row] = rows_of(table, is_row(table, key)) or [{}]
    whose = {table.name: row.get("id")} | {
        named.column.table.name: row.get(column.name)
        for column in table.columns
        for named in column.foreign_keys
    }
    return any(whose.get(name) in ids for name, ids in stays.items())


def _unchange(table: sa.Table, key: Row, row: MergedRow) -> None:
    found = rows_of(table, is_row(table, key))
    if not found:
        return
    before, after = as_row(table, row.before or {}), as_row(table, row.after or {})
    ours: Row = {name: before[name] for name in before if found[0][name] == after[name]}
    if not ours:
        return
    if table is CUSTOMERS:  # as an object, so that who follows its changes is told
        account_no = ours.get("account_no")
        if account_no is not None and find_with_account(account_no):  # somebody else's by now
            del ours["account_no"]
        _set(db.session.get_one(Customer, key["id"], populate_existing=True), ours)
        return
    if "version" in table.c:
        ours["version"] = table.c.version + 1
    touch_rows(table, [found[0], {**found[0], **ours}])
    db.session.execute(touching(sa.update(table).where(is_row(table, key)).values(ours)))


def _set(customer: Customer, values: Row) -> None:
    for name, value in values.items():
        setattr(customer, name, value)
    db.session.flush()


def _restore(table: sa.Table, key: Row, row: MergedRow) -> None:
    """Put a row back, unless what was done since leaves it no place: another one, its tag gone."""
    if not rows_of(table, is_row(table, key)):
        before = as_row(table, row.before or {})
        with suppress(IntegrityError), db.session.begin_nested():
            touch_rows(table, [before])
            db.session.execute(touching(sa.insert(table).values(before)))


def _remove(table: sa.Table, key: Row, _row: MergedRow) -> None:
    if table.name == Relation.__tablename__:
        relation = db.session.get(Relation, key["id"])
        if relation is not None:
            db.session.delete(relation)
            db.session.flush()
        return
    touch_matching(table, is_row(table, key))
    db.session.execute(touching(sa.delete(table).where(is_row(table, key))))


UNDO: Mapping[RowChange, Any] = {
    RowChange.MOVED: _unchange,
    RowChange.CHANGED: _unchange,
    RowChange.TAKEN_AWAY: _restore,
    RowChange.ADDED: _remove,
}
