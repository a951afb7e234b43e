"""Reads that everybody waits for: compiled once, answered in the driver's own rows.

SQLAlchemy takes longer to wrap twenty rows than PostgreSQL takes to find them. Here only the
statement, the types and the errors are its own.
"""

from __future__ import annotations

import collections
from contextlib import closing, contextmanager
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import psycopg
import sqlalchemy as sa

from crm_api.kit import db
from crm_api.kit.engine import wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine


def fixed(value: Any, like: sa.ColumnElement[Any] | None = None) -> sa.BindParameter[Any]:
    """Write a value into the statement itself.

    PostgreSQL plans a statement that it keeps for values it does not know: of `kind <> $1` it
    expects no row, and of `LIMIT $2` a tenth, so that it reads a whole history for its end.
    """
    return sa.literal(value, like.type if like is not None else None, literal_execute=True)


def whatever(name: str, kind: TypeEngine[Any]) -> Any:
    """Keep a parameter's value from PostgreSQL's planner: one plan is as good for any.

    It plans a statement anew for each call for as long as it takes that for cheaper, and of a long
    statement the planning may cost more than all else.
    """
    return sa.select(sa.bindparam(name, type_=kind)).scalar_subquery()


class _Straight:
    """A statement whose bound parameters are texts, whole numbers, and moments."""

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._prepared: dict[str, _Prepared] = {}

    def _run(self, asked: dict[str, Any]) -> list[Sequence[Any]]:
        connection = db.connection()
        name = connection.dialect.name
        if name not in self._prepared:
            self._prepared[name] = _Prepared(self._statement, asked, connection.dialect)
        return self._prepared[name].run(connection, asked)


class StraightRead(_Straight):
    """A select."""

    def rows(self, **asked: str | int | datetime) -> list[Sequence[Any]]:
        """Run it in this request's transaction, after what the session has yet to write."""
        return self._run(asked)


class StraightWrite(_Straight):
    """A change that gives nothing back. Nobody who follows changes hears of it."""

    def run(self, **values: str | int | datetime | None) -> None:
        """Run it as `StraightRead` does."""
        self._run(values)


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
    """What one dialect makes of a statement: its text, what it needs, how to read its rows."""

    def __init__(self, statement: Any, asked: dict[str, Any], dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=_numbering(dialect))
        ready = compiled.construct_expanded_state(asked)
        self._text = ready.statement
        # What was asked the first time is nobody else's: to leave it out later is an error.
        said = {n: value for n, value in ready.parameters.items() if n not in asked}
        self._values = {
            n: _written(value, compiled.binds.get(n), dialect) for n, value in said.items()
        }
        self._writers = _writers(compiled.binds, asked, dialect)
        self._order = ready.positiontup
        self._is_read = statement.is_select
        self._readers = _readers(statement, dialect) if self._is_read else []

    def run(self, connection: sa.Connection, asked: dict[str, Any]) -> list[Sequence[Any]]:
        values: Any = self._values | asked
        for name, write in self._writers:
            values[name] = write(values[name])
        if self._order is not None:
            values = [values[name] for name in self._order]
        rows = _ask(connection, self._text, values, gives_rows=self._is_read)
        return [self._read(row) for row in rows] if self._readers else rows

    def _read(self, stored: Sequence[Any]) -> Sequence[Any]:
        row = list(stored)
        for place, read in self._readers:
            row[place] = read(row[place])
        return row


@cache
def _numbering(dialect: Dialect) -> Dialect:
    """Return the dialect as its driver need not rewrite a statement: with numbers for names."""
    if dialect.name == "sqlite":
        return dialect
    return type(dialect)(paramstyle="numeric_dollar")  # type: ignore[call-arg]


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


def _ask(
    connection: sa.Connection, text: str, values: Any, *, gives_rows: bool
) -> list[Sequence[Any]]:
    driver: Any = connection.connection.driver_connection
    is_numbered = isinstance(driver, psycopg.Connection)  # see `_numbering`
    cursor = psycopg.RawCursor(driver) if is_numbered else driver.cursor()
    with _running(cursor, connection, text, values):
        return list(cursor.fetchall()) if gives_rows else []


def send(connection: sa.Connection, text: str, values: Any) -> None:
    """Run a statement in the driver's own words, which gives nothing back."""
    with _running(connection.connection.cursor(), connection, text, values):
        pass


@contextmanager
def _running(cursor: Any, connection: sa.Connection, text: str, values: Any) -> Iterator[None]:
    with closing(cursor):
        # Whoever listens for statements hears of these too.
        heard = (connection, cursor, text, values, None, False)
        connection.dispatch.before_cursor_execute(*heard)
        try:
            cursor.execute(text, values)
            yield
        except connection.dialect.loaded_dbapi.Error as error:
            raise wrapped(error, connection, text) from error
