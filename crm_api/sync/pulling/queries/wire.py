"""How the database's own values become a phone's, with as little in between as it takes."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import Null
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.types import TypeEngine, UserDefinedType

from crm_api.sync.tables import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Dialect

    Read = Callable[[Any], Any]


def is_told(column: Column) -> bool:
    """Tell whether a column is ever given back: some are only sent by phones."""
    return not isinstance(column.source, Null)


def on_the_wire(column: Column) -> ColumnElement[Any]:
    """Select a column as phones have it.

    Texts of enumerations, days and numbers are what the driver gives.
    """
    value = column.source
    if column.shown is not None:
        return sa.type_coerce(value, _Shown(value.type, column.shown))
    if column.kind is Kind.MOMENT:
        value = _Milliseconds(value)
    elif column.kind is Kind.DOCUMENT:
        value = sa.cast(value, sa.Text())
    return sa.type_coerce(value, _READ.get(column.kind, sa.Text()))


class _Milliseconds(ColumnElement[Any]):
    """A moment as PostgreSQL reckons it into milliseconds; on SQLite, the text that it is."""

    type = sa.BigInteger()
    inherit_cache = False

    def __init__(self, moment: ColumnElement[Any]) -> None:
        self.moment = moment


@compiles(_Milliseconds, "postgresql")
def _milliseconds_on_postgresql(element: _Milliseconds, compiler: Any, **kw: Any) -> str:
    return f"floor(extract(epoch FROM {compiler.process(element.moment, **kw)}) * 1000)::bigint"


@compiles(_Milliseconds, "sqlite")
def _milliseconds_on_sqlite(element: _Milliseconds, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.moment, **kw))


class _Moment(UserDefinedType[int]):
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Read | None:
        return _read_moment if dialect.name == "sqlite" else None


def _read_moment(text: str | None) -> int | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    whole = moment.replace(microsecond=0)
    return int(whole.timestamp()) * 1000 + moment.microsecond // 1000


class _Document(UserDefinedType[str]):
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Read:
        return _read_document


def _read_document(text: str | None) -> str | None:
    """Both engines keep keys in orders of their own."""
    if text is None:
        return None
    return orjson.dumps(orjson.loads(text), option=orjson.OPT_SORT_KEYS).decode()


class _Time(UserDefinedType[str]):
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Read:
        return _read_time


def _read_time(value: time | str | None) -> str | None:
    if value is None:
        return None
    return value[:5] if isinstance(value, str) else value.isoformat("minutes")


_READ: Final[dict[Kind, TypeEngine[Any]]] = {
    Kind.FLAG: sa.Boolean(),
    Kind.MOMENT: _Moment(),
    Kind.DOCUMENT: _Document(),
    Kind.TIME: _Time(),
}


class _Shown(UserDefinedType[Any]):
    """A value that is shown as another one, such as a masked number."""

    cache_ok = False

    def __init__(self, kept: Any, shown: Read) -> None:
        self.kept, self.shown = kept, shown

    def result_processor(self, dialect: Dialect, coltype: object) -> Read:
        read = self.kept.dialect_impl(dialect).result_processor(dialect, coltype)
        shown = self.shown

        def show(value: Any) -> Any:
            value = read(value) if read is not None else value
            return None if value is None else shown(value)

        return show
