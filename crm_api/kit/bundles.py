"""Several selects sent as one statement: one round trip and one snapshot, on either engine."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement

from crm_api.kit.db import db
from crm_api.kit.types import Json, UTCDateTime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Rows = list[list[Any]]
    Compiled = tuple[str, list[str] | None, dict[str, Any]]


class among(ColumnElement[bool]):  # noqa: N801 - reads as a function in a select
    """Compare a text column with the ids that `Bundle.read` is given under a name."""

    type = sa.Boolean()
    inherit_cache = False

    def __init__(self, column: Any, name: str) -> None:
        self.column = column
        self.ids = sa.bindparam(name, type_=sa.Text())


@compiles(among, "sqlite")
def _among_on_sqlite(element: among, compiler: Any, **kw: Any) -> str:
    column, ids = (compiler.process(part, **kw) for part in (element.column, element.ids))
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 - both compiled


@compiles(among, "postgresql")
def _among_on_postgresql(element: among, compiler: Any, **kw: Any) -> str:
    column, ids = (compiler.process(part, **kw) for part in (element.column, element.ids))
    return f"{column} = ANY (ARRAY(SELECT jsonb_array_elements_text(CAST({ids} AS jsonb))))"


class Bundle:
    """Selects that are always wanted together.

    Their parameters are texts, whole numbers, and lists of ids, which `among` compares with.
    Whatever changes between two reads of one transaction changes for all selects or for none.
    """

    def __init__(self, **selects: Any) -> None:
        self._selects = selects
        self._decoders = {name: _decoders(select) for name, select in selects.items()}
        self._compiled: dict[str, Compiled] = {}

    def read(self, **given: Any) -> dict[str, Rows]:
        """Return the rows of each select as its columns' types say, in the order it asks for."""
        session = db.session()
        if session.autoflush:
            session.flush()
        connection = session.connection()
        statement, order, constants = self._statement(connection.dialect)
        values = constants | {name: _as_parameter(value) for name, value in given.items()}
        parameters: Any = values if order is None else tuple(values[name] for name in order)
        row = connection.exec_driver_sql(statement, parameters).one()
        return {
            name: _decoded(orjson.loads(text), decoders) if text else []
            for text, (name, decoders) in zip(row, self._decoders.items(), strict=True)
        }

    def _statement(self, dialect: sa.Dialect) -> Compiled:
        if dialect.name not in self._compiled:
            self._compiled[dialect.name] = self._compile(dialect)
        return self._compiled[dialect.name]

    def _compile(self, dialect: sa.Dialect) -> Compiled:
        """Write the statement once: to build and look up its parts took longer than to run it."""
        whole = sa.select(*(_as_json(s, dialect) for s in self._selects.values()))
        compiled = whole.compile(dialect=dialect)
        constants = {name: value for name, value in compiled.params.items() if value is not None}
        if not all(type(value) in {str, int} for value in constants.values()):
            msg = "a bundle's selects compare with texts and whole numbers only"
            raise ValueError(msg)
        order = list(compiled.positiontup or ()) if compiled.positional else None
        return str(compiled), order, constants


def _as_json(select: sa.Select[Any], dialect: sa.Dialect) -> Any:
    rows = select.subquery()
    if dialect.name == "postgresql":
        row = sa.func.json_build_array(*rows.c)
        return sa.select(sa.cast(sa.func.json_agg(row), sa.Text())).scalar_subquery()
    columns = [sa.func.json(c) if isinstance(c.type, Json) else c for c in rows.c]
    return sa.select(sa.func.json_group_array(sa.func.json_array(*columns))).scalar_subquery()


def _as_parameter(value: Any) -> Any:
    return value if isinstance(value, str | int) else orjson.dumps(list(value)).decode()


def _decoders(select: sa.Select[Any]) -> list[tuple[int, Callable[[Any], Any]]]:
    kinds = ((n, _decoder(column.type)) for n, column in enumerate(select.selected_columns))
    return [(n, decoder) for n, decoder in kinds if decoder is not None]


def _decoder(kind: Any) -> Callable[[Any], Any] | None:
    if isinstance(kind, sa.Enum):
        assert kind.enum_class is not None  # noqa: S101 - ours all have one
        return {member.value: member for member in kind.enum_class}.__getitem__
    return next((read for known, read in _READERS if isinstance(kind, known)), None)


def _read_moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


_READERS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (UTCDateTime, _read_moment),
    (sa.Date, date.fromisoformat),
    (sa.Time, time.fromisoformat),
    (sa.Boolean, bool),
)


def _decoded(rows: Rows, decoders: Iterable[tuple[int, Callable[[Any], Any]]]) -> Rows:
    for n, decode in decoders:
        for row in rows:
            if row[n] is not None:
                row[n] = decode(row[n])
    return rows
