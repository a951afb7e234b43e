"""Reads that everybody waits for: compiled once, answered in the driver's own rows.

SQLAlchemy takes longer to wrap twenty rows than PostgreSQL takes to find them. Here only the
statement, the types and the errors are its own.
"""

from __future__ import annotations

import collections
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from crm_api.kit import db

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.engine import Dialect


def fixed(value: Any, like: sa.ColumnElement[Any] | None = None) -> sa.BindParameter[Any]:
    """Write a value into the statement itself.

    PostgreSQL plans a statement that it keeps for values it does not know: of `kind <> $1` it
    expects no row, and of `LIMIT $2` a tenth, so that it reads a whole history for its end.
    """
    return sa.literal(value, like.type if like is not None else None, literal_execute=True)


class StraightRead:
    """A select whose bound parameters are texts, whole numbers, and moments."""

    def __init__(self, select: sa.Select[*tuple[Any, ...]]) -> None:
        self._select = select
        self._prepared: dict[str, _Prepared] = {}

    def rows(self, **asked: str | int | datetime) -> list[Sequence[Any]]:
        """Run it in this request's transaction, after what the session has yet to write."""
        connection = db.connection()
        name = connection.dialect.name
        if name not in self._prepared:
            self._prepared[name] = _Prepared(self._select, asked, connection.dialect)
        return self._prepared[name].run(connection, asked)


class StraightRows(StraightRead):
    """A select whose rows are read by the names of its columns."""

    def __init__(self, select: sa.Select[*tuple[Any, ...]]) -> None:
        super().__init__(select)
        self._row = _named(select.selected_columns.keys())

    def named(self, **asked: str | int | datetime) -> list[Any]:
        """Run it as `rows` does."""
        return list(map(self._row._make, self.rows(**asked)))


def _named(names: Sequence[str]) -> Any:
    return collections.namedtuple("Row", names)  # noqa: PYI024 - known later


class _Prepared:
    """What one dialect makes of a select: its text, the values it needs, how to read its rows."""

    def __init__(
        self, select: sa.Select[*tuple[Any, ...]], asked: dict[str, Any], dialect: Dialect
    ) -> None:
        compiled: Any = select.params(asked).compile(dialect=dialect)
        ready = compiled.construct_expanded_state()
        self._text = ready.statement
        # What was asked the first time is nobody else's: to leave it out later is an error.
        said = {n: value for n, value in ready.parameters.items() if n not in asked}
        self._values = {
            n: _written(value, compiled.binds.get(n), dialect) for n, value in said.items()
        }
        self._writers = _writers(compiled.binds, asked, dialect)
        self._order = ready.positiontup
        self._readers = _readers(select, dialect)

    def run(self, connection: sa.Connection, asked: dict[str, Any]) -> list[Sequence[Any]]:
        values: Any = self._values | asked
        for name, write in self._writers:
            values[name] = write(values[name])
        if self._order is not None:
            values = [values[name] for name in self._order]
        rows = _ask(connection, self._text, values)
        return [self._read(row) for row in rows] if self._readers else rows

    def _read(self, stored: Sequence[Any]) -> Sequence[Any]:
        row = list(stored)
        for place, read in self._readers:
            row[place] = read(row[place])
        return row


def _writers(
    binds: Mapping[str, Any], asked: dict[str, Any], dialect: Dialect
) -> list[tuple[str, Callable[[Any], Any]]]:
    """Return how to write the moments that were asked for; the driver takes the rest as it is."""
    moments = (name for name, value in asked.items() if isinstance(value, datetime))
    kinds = {name: binds[name].type.dialect_impl(dialect) for name in moments}
    return [(name, kind.bind_processor(dialect)) for name, kind in kinds.items()]


def _written(value: Any, bind: Any, dialect: Dialect) -> Any:
    """Return what the driver takes for a value that stands in the statement."""
    write = bind.type.dialect_impl(dialect).bind_processor(dialect) if bind is not None else None
    return write(value) if write is not None else value


def _readers(
    select: sa.Select[*tuple[Any, ...]], dialect: Dialect
) -> list[tuple[int, Callable[[Any], Any]]]:
    """Return how to read those columns that the driver does not give as we want them."""
    kinds = (column.type.dialect_impl(dialect) for column in select.selected_columns)
    readers = (kind.result_processor(dialect, None) for kind in kinds)
    return [(place, read) for place, read in enumerate(readers) if read is not None]


def _ask(connection: sa.Connection, text: str, values: Any) -> list[Sequence[Any]]:
    driver = connection.connection
    with closing(driver.cursor()) as cursor:
        # Whoever listens for statements hears of these too.
        heard = (connection, cursor, text, values, None, False)
        connection.dispatch.before_cursor_execute(*heard)
        try:
            cursor.execute(text, values)
            return list(cursor.fetchall())
        except connection.dialect.loaded_dbapi.Error as error:
            raise wrapped(error, connection, text) from error


def wrapped(error: Exception, connection: sa.Connection, text: str) -> Exception:
    """Return what SQLAlchemy would raise of a driver's error.

    Where a connection was lost, the others of the pool are too, as a rule: none is used again.
    """
    dialect, driver = connection.dialect, connection.connection.dbapi_connection
    is_lost = dialect.is_disconnect(error, driver, None)  # type: ignore[arg-type]
    if is_lost:
        connection.invalidate(error)
        connection.engine.dispose()
    base = dialect.loaded_dbapi.Error
    return DBAPIError.instance(
        text, None, error, base, connection_invalidated=is_lost, dialect=dialect
    )
