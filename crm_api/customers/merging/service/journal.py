"""Change rows and keep what they were: whoever merges writes through this, so that it can undo."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import Enum
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from crm_api.customers.merging.models import MergedRow
from crm_api.customers.merging.terms import RowChange
from crm_api.kit.bulk import insert_rows
from crm_api.kit.crypto import EncryptedText
from crm_api.kit.db import db
from crm_api.kit.touches import touch_rows, touching

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crm_api.kit.db import Model

Row = dict[str, Any]
TIMES: Sequence[type] = (datetime, date, time)


class Journal:
    """The rows that one merge touched, in the order in which it did."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def move(
        self, table: sa.Table, column: str, where: sa.ColumnElement[bool], *, to: str
    ) -> list[Row]:
        """Let rows name another customer from now on; return them as they were."""
        found = rows_of(table, where)
        if not found:
            return found
        counted = {"version": table.c.version + 1} if "version" in table.c else {}
        touch_rows(table, found + [{**row, column: to} for row in found])  # it may be the key
        db.session.execute(touching(sa.update(table).where(where).values({column: to, **counted})))
        for row in found:
            after = {**row, column: to}
            before, now = {column: row[column]}, {column: to}
            self._note(table, after, RowChange.MOVED, before=before, after=now)
        return found

    def change(self, table: sa.Table, row: Row, values: Row) -> None:
        """Change a row that was read as it is, where it differs. A version counts up."""
        values = {name: value for name, value in values.items() if row[name] != value}
        if not values:
            return
        counted = {"version": table.c.version + 1} if "version" in table.c else {}
        change = sa.update(table).where(is_row(table, row)).values({**values, **counted})
        touch_rows(table, [row, {**row, **values}])  # it may be the key
        db.session.execute(touching(change))
        before = {name: row[name] for name in values}
        self._note(table, {**row, **values}, RowChange.CHANGED, before=before, after=values)

    def change_record(self, record: Model, **values: Any) -> None:
        """Change a record as an object, where who follows its changes is to be told."""
        table = cast("sa.Table", record.__table__)
        before = {name: getattr(record, name) for name in values}
        after = {name: value for name, value in values.items() if before[name] != value}
        if not after:
            return
        for name, value in after.items():
            setattr(record, name, value)
        db.session.flush()
        key = {column.name: getattr(record, column.name) for column in table.primary_key.columns}
        was = {name: before[name] for name in after}
        self._note(table, key, RowChange.CHANGED, before=was, after=after)

    def take_away(self, table: sa.Table, rows: Iterable[Row]) -> None:
        """Take rows away, and keep all that they said."""
        for row in rows:
            touch_rows(table, [row])
            db.session.execute(touching(sa.delete(table).where(is_row(table, row))))
            self._note(table, row, RowChange.TAKEN_AWAY, before=row)

    def note_added(self, table: sa.Table, row: Row) -> None:
        """Note that the merge made a row, which an undo takes away again."""
        self._note(table, row, RowChange.ADDED, after=row)

    def _note(
        self,
        table: sa.Table,
        row: Row,
        change: RowChange,
        *,
        before: Row | None = None,
        after: Row | None = None,
    ) -> None:
        self.rows.append(
            {
                "position": len(self.rows),
                "table_name": table.name,
                "key": as_document(table, key_of(table, row)),
                "change": change,
                "before": None if before is None else as_document(table, before),
                "after": None if after is None else as_document(table, after),
            }
        )

    def keep(self, merge_id: str) -> None:
        """Write the journal down."""
        insert_rows(MergedRow, [{"merge_id": merge_id, **row} for row in self.rows])


def rows_of(table: sa.Table, where: sa.ColumnElement[bool]) -> list[Row]:
    """Read rows as they are, in the order of their keys."""
    statement = sa.select(table).where(where).order_by(*table.primary_key.columns)
    return [dict(row) for row in db.session.execute(statement).mappings()]


def key_of(table: sa.Table, row: Mapping[str, Any]) -> Row:
    """Return what a row is found by."""
    return {column.name: row[column.name] for column in table.primary_key.columns}


def is_row(table: sa.Table, row: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    """Return the condition that finds a row by its key."""
    return sa.and_(*(table.c[name] == value for name, value in key_of(table, row).items()))


def as_document(table: sa.Table, row: Mapping[str, Any]) -> Row:
    """Return a row as JSON can hold it."""
    return {name: _written(value, table.c[name].type) for name, value in row.items()}


def as_row(table: sa.Table, document: Mapping[str, Any]) -> Row:
    """Return a row as its columns have it."""
    return {name: _read(value, table.c[name].type) for name, value in document.items()}


def _written(value: Any, kind: Any) -> Any:
    if value is not None and isinstance(kind, EncryptedText):
        return kind.process_bind_param(value, db.engine.dialect)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return value.value if isinstance(value, Enum) else value


def _read(value: Any, kind: Any) -> Any:
    if isinstance(kind, EncryptedText):
        return kind.process_result_value(value, db.engine.dialect)
    return value if value is None else _parsed(value, kind)


def _parsed(value: Any, kind: Any) -> Any:
    if isinstance(kind, sa.Enum):
        return kind.enum_class(value) if kind.enum_class else value
    python_type = getattr(kind, "impl_instance", kind).python_type
    if python_type is bytes:
        return bytes.fromhex(value)
    return python_type.fromisoformat(value) if python_type in TIMES else value
