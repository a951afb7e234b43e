"""Many rows in one go, past the ORM and past a parameter for each value."""

from __future__ import annotations

import itertools
import operator
from datetime import date, datetime, time
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import orjson
import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from crm_api.kit.db import db
from crm_api.kit.touches import touch_rows, touching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    Row = Mapping[str, Any]

FEW = 20  # below, a COPY's extra round trips cost more than they spare
PIECE = 250  # rows of a COPY that are written at once
MOST_PARAMETERS = 10_000
SEPARATOR = "\x1f"
MISSING, BYTES = r"\N", r"\\x"
SPECIAL = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
ESCAPES = str.maketrans(SPECIAL)
_NOTHING: Row = MappingProxyType({})


def insert_rows(model: Any, rows: Sequence[Row]) -> None:
    """Insert rows that all name the same columns; nothing is filled in or given back.

    On PostgreSQL they travel by COPY, several times faster than a statement for each row or one
    with a parameter for each value. A conflict is an error on both engines.
    """
    if not rows:
        return
    db.session.flush()
    table, connection = model.__table__, db.session.connection()
    touch_rows(table, rows)
    if connection.dialect.name != "postgresql" or len(rows) < FEW:
        connection.execute(touching(sa.insert(table)), rows)
        return
    rows = as_stored(table, rows, connection.dialect)
    names = tuple(rows[0])
    columns = ", ".join(f'"{name}"' for name in names)
    _copy(f'COPY "{table.name}" ({columns}) FROM STDIN', _pieces(rows, names), connection)


def update_rows(
    model: Any,
    rows: Sequence[Row],
    *,
    key: tuple[str, ...],
    alike: Row = _NOTHING,
    is_shown: bool = True,
) -> None:
    """Change rows, each found by its key; all of them name the same columns.

    What becomes `alike` in all of them is said once. On PostgreSQL they travel as one document, and
    one statement changes any number of them. Whoever watches the table hears of it, unless the
    change is none that anybody is shown.
    """
    if not rows:
        return
    db.session.flush()
    table, connection = model.__table__, db.session.connection()
    if is_shown:
        touch_rows(table, rows)
    if connection.dialect.name == "postgresql":
        change = _update_from(table, tuple(rows[0]), key, tuple(alike))
        said = {f"all_{name}": value for name, value in alike.items()}
        connection.execute(change, {"changes": as_document(rows), **said})
        return
    its_key = {name: f"its_{name}" for name in key}
    where = [table.c[name] == sa.bindparam(its) for name, its in its_key.items()]
    changed = [{**{its_key.get(name, name): row[name] for name in row}, **alike} for row in rows]
    connection.execute(touching(sa.update(table).where(*where)), changed)


def upsert_rows(model: Any, rows: Sequence[Row], *, key: tuple[str, ...]) -> None:
    """Insert rows, or change those that are there under their key; all name the same columns."""
    if not rows:
        return
    db.session.flush()
    table, connection = model.__table__, db.session.connection()
    touch_rows(table, rows)
    if connection.dialect.name == "postgresql":
        changes = as_document(rows)
        connection.execute(_upsert_from(table, tuple(rows[0]), key), {"changes": changes})
        return
    connection.execute(_replacing(sqlite.insert(table), tuple(rows[0]), key), rows)


@cache
def _update_from(
    table: sa.Table, names: tuple[str, ...], key: tuple[str, ...], alike: tuple[str, ...]
) -> sa.Update:
    given = _given(table, names)
    same = {name: sa.bindparam(f"all_{name}", type_=table.c[name].type) for name in alike}
    change = (
        sa.update(table)
        .where(*(table.c[name] == given.c[name] for name in key))
        .values({name: given.c[name] for name in names if name not in key} | same)
    )
    return touching(change)


@cache
def _upsert_from(table: sa.Table, names: tuple[str, ...], key: tuple[str, ...]) -> sa.Insert:
    given = _given(table, names)
    rows = sa.select(*(given.c[name] for name in names))
    written: sa.Insert = _replacing(postgresql.insert(table).from_select(names, rows), names, key)
    return written


def _given(table: sa.Table, names: tuple[str, ...]) -> Any:
    """Return the rows of the document `changes` as a table."""
    document = sa.cast(sa.bindparam("changes", type_=sa.Text()), sa.JSON())
    columns = [sa.column(name, table.c[name].type) for name in names]
    given = sa.func.json_to_recordset(document).table_valued(*columns)
    return given.render_derived(name="given", with_types=True)


def _replacing(insert: Any, names: tuple[str, ...], key: tuple[str, ...]) -> Any:
    others = {name: insert.excluded[name] for name in names if name not in key}
    return touching(insert.on_conflict_do_update(index_elements=key, set_=others))


def blank_row(model: Any) -> dict[str, Any]:
    """Return a row of a table as it is where nothing is said: its constant defaults, else None."""
    return {
        column.name: column.default.arg if column.default and column.default.is_scalar else None
        for column in model.__table__.columns
    }


def is_among(column: Any, values: Iterable[str]) -> sa.ColumnElement[bool]:
    """Compare a text column with many values: one array on PostgreSQL, a list on SQLite.

    A parameter for each of some hundreds costs the client several times what the look-up costs
    the server.
    """
    wanted = list(values)
    if db.engine.dialect.name != "postgresql":
        condition: sa.ColumnElement[bool] = column.in_(
            wanted if len(wanted) <= MOST_PARAMETERS else _as_table(wanted)
        )
        return condition
    return cast("sa.ColumnElement[bool]", column == sa.any_(array_of(wanted)))


def _as_table(values: Sequence[str]) -> sa.Select[Any]:
    """Return texts as the rows of one document: SQLite takes some ten thousand parameters."""
    each = sa.func.json_each(orjson.dumps(values).decode()).table_valued("value")
    return sa.select(each.c.value)


def array_of(values: Sequence[str]) -> sa.ColumnElement[Any]:
    """Return texts as one array for PostgreSQL, which cuts it from one text itself.

    The driver would look at each of them for what needs quotes, a dozen times a customer.
    """
    joined = SEPARATOR.join(values)
    if joined.count(SEPARATOR) != len(values) - 1 or "" in values:
        return sa.bindparam(None, list(values), sa.ARRAY(sa.Text), unique=True)
    return sa.func.string_to_array(joined, SEPARATOR, type_=sa.ARRAY(sa.Text))


def as_stored(table: sa.Table, rows: Sequence[Row], dialect: sa.Dialect) -> Sequence[Row]:
    """Turn texts into what is stored of them, such as encrypted ones, past SQLAlchemy's types."""
    ours = _turning(table, tuple(rows[0]))
    if not ours:
        return rows

    def turned(row: Row) -> dict[str, Any]:
        return {name: kind.process_bind_param(row[name], dialect) for name, kind in ours.items()}

    return [{**row, **turned(row)} for row in rows]


def as_document(rows: Sequence[Row]) -> str:
    """Write rows as one document that PostgreSQL reads as a table."""
    return orjson.dumps(rows, default=_in_document, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()


def _in_document(value: Any) -> str:
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, datetime):
        return _write_moment(value)
    if isinstance(value, date | time):
        return value.isoformat()
    raise TypeError


@cache
def _turning(table: sa.Table, names: tuple[str, ...]) -> dict[str, Any]:
    kinds: dict[str, Any] = {name: table.c[name].type for name in names}
    return {name: kind for name, kind in kinds.items() if _turns_text(kind)}


def _turns_text(kind: Any) -> bool:
    return isinstance(kind, sa.TypeDecorator) and isinstance(kind.impl_instance, sa.String)


def _copy(statement: str, pieces: Iterable[str], connection: sa.Connection) -> None:
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    try:
        with driver.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            for piece in pieces:
                copy.write(piece)
    except psycopg.Error as error:
        raise DBAPIError.instance(
            statement, None, error, psycopg.Error, dialect=connection.dialect
        ) from error


def _pieces(rows: Sequence[Row], names: Sequence[str]) -> Iterator[str]:
    """Write rows some at a time: the server stores those before while we write the next."""
    return (_lines(rows[n : n + PIECE], names) for n in range(0, len(rows), PIECE))


def _lines(rows: Sequence[Row], names: Sequence[str]) -> str:
    """Write rows as COPY reads them. By columns: most say the same, or plain text, in every row."""
    columns = [_column(list(map(operator.itemgetter(name), rows))) for name in names]
    lines = list(map("\t".join, zip(*columns, strict=True)))
    lines.append("")
    return "\n".join(lines)


def _column(values: list[Any]) -> list[str]:
    first = values[0]
    if all(map(operator.is_, values, itertools.repeat(first))):
        return [_write(first)] * len(values)
    kinds = set(map(type, values))
    if kinds == {str} and not _holds_special("".join(values)):
        return values
    if len(kinds) == 1:
        return list(map(WRITERS[kinds.pop()], values))
    return [_write(value) for value in values]


def _holds_special(text: str) -> bool:
    return any(special in text for special in SPECIAL)


def _write(value: Any) -> str:
    return WRITERS[type(value)](value)


@lru_cache(maxsize=4096)
def _write_moment(value: datetime) -> str:
    """Write a moment once for all the tables that keep it."""
    if value.tzinfo is None:
        msg = "a moment needs its time zone"
        raise ValueError(msg)
    return value.isoformat()


class Writers(dict[type, "Callable[[Any], str]"]):
    """How PostgreSQL reads a value in text, its special characters escaped."""

    def __missing__(self, kind: type) -> Callable[[Any], str]:
        """Write an enum as its value, all else as a document."""
        self[kind] = _write_text if issubclass(kind, str) else _write_document
        return self[kind]


def _write_text(value: str) -> str:
    return str.translate(value, ESCAPES)


def _write_document(value: Any) -> str:
    return _write_text(orjson.dumps(value).decode())


WRITERS = Writers(
    {
        type(None): lambda _: MISSING,
        str: _write_text,
        bool: lambda value: "t" if value else "f",
        int: str,
        datetime: _write_moment,
        date: date.isoformat,
        bytes: lambda value: BYTES + value.hex(),
    }
)
