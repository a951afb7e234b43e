"""Many rows in one go, past the ORM and past a parameter for each value."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, cast

import orjson
import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Row = Mapping[str, Any]

FEW = 20  # below, a COPY's extra round trips cost more than they spare
SPECIAL = re.compile(r"[\\\t\n\r]").search
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def insert_rows(model: Any, rows: Sequence[Row]) -> None:
    """Insert rows that all name the same columns; nothing is filled in or given back.

    On PostgreSQL they travel by COPY, several times faster than a statement for each row or one
    with a parameter for each value. A conflict is an error on both engines.
    """
    if not rows:
        return
    db.session.flush()
    table, connection = model.__table__, db.session.connection()
    if connection.dialect.name != "postgresql" or len(rows) < FEW:
        connection.execute(sa.insert(table), rows)
        return
    names = tuple(rows[0])
    columns = ", ".join(f'"{name}"' for name in names)
    _copy(f'COPY "{table.name}" ({columns}) FROM STDIN', _lines(rows, names), connection)


def is_among(column: Any, values: Iterable[str]) -> sa.ColumnElement[bool]:
    """Compare a text column with many values: one array on PostgreSQL, a list on SQLite.

    A parameter for each of some hundreds costs the client several times what the look-up costs
    the server.
    """
    wanted = list(values)
    if db.engine.dialect.name != "postgresql":
        condition: sa.ColumnElement[bool] = column.in_(wanted)
        return condition
    given: sa.ColumnElement[Any] = sa.bindparam(None, wanted, sa.ARRAY(sa.Text), unique=True)
    return cast("sa.ColumnElement[bool]", column == sa.any_(given))


def _copy(statement: str, lines: str, connection: sa.Connection) -> None:
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    try:
        with driver.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            copy.write(lines)
    except psycopg.Error as error:
        raise DBAPIError.instance(
            statement, None, error, psycopg.Error, dialect=connection.dialect
        ) from error


def _lines(rows: Iterable[Row], names: Sequence[str]) -> str:
    lines = []
    for row in rows:
        values = [row[name] for name in names]
        lines.append("\t".join([WRITERS.get(type(v), _write_other)(v) for v in values]))
    lines.append("")
    return "\n".join(lines)


def _write_text(value: str) -> str:
    return value.translate(ESCAPES) if SPECIAL(value) else value


def _write_moment(value: datetime) -> str:
    if value.tzinfo is None:
        msg = "a moment needs its time zone"
        raise ValueError(msg)
    return value.isoformat()


def _write_other(value: Any) -> str:
    """Write an enum's value, or a document."""
    return _write_text(str(value) if isinstance(value, str) else orjson.dumps(value).decode())


WRITERS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: r"\N",
    str: _write_text,
    bool: lambda value: "t" if value else "f",
    int: str,
    datetime: _write_moment,
    date: date.isoformat,
    bytes: lambda value: r"\\x" + value.hex(),
}
