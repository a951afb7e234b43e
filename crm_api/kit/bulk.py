"""Many rows in one go, past the ORM and past a parameter for each value."""

from __future__ import annotations

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
MISSING, BYTES = r"\N", r"\\x"
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
        written = [v if type(v) is str else WRITERS[type(v)](v) for v in values]
        line = "\t".join(written)
        if _needs_escapes(line, values):
            line = "\t".join([_escape(v, w) for v, w in zip(values, written, strict=True)])
        lines.append(line)
    lines.append("")
    return "\n".join(lines)


def _needs_escapes(line: str, values: Sequence[Any]) -> bool:
    """Tell by the whole line, which is much cheaper than by each of its values."""
    ours = values.count(None) + 2 * sum([type(value) is bytes for value in values])
    return (
        line.count("\\") != ours
        or line.count("\t") != len(values) - 1
        or "\n" in line
        or "\r" in line
    )


def _escape(value: Any, written: str) -> str:
    return written if value is None or isinstance(value, bytes) else written.translate(ESCAPES)


def _write_moment(value: datetime) -> str:
    if value.tzinfo is None:
        msg = "a moment needs its time zone"
        raise ValueError(msg)
    return value.isoformat()


class Writers(dict[type, "Callable[[Any], str]"]):
    """How PostgreSQL reads a value in text, before its special characters are escaped."""

    def __missing__(self, kind: type) -> Callable[[Any], str]:
        """Write an enum as its value, all else as a document."""
        self[kind] = str.__str__ if issubclass(kind, str) else _write_document
        return self[kind]


def _write_document(value: Any) -> str:
    return orjson.dumps(value).decode()


WRITERS = Writers(
    {
        type(None): lambda _: MISSING,
        bool: lambda value: "t" if value else "f",
        int: str,
        datetime: _write_moment,
        date: date.isoformat,
        bytes: lambda value: BYTES + value.hex(),
    }
)
