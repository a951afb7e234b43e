"""How the database's own values become a phone's, with as little in between as it takes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import Null
from sqlalchemy.sql.expression import ColumnElement

from crm_api.kit.bundles import Decoded, decoder_of
from crm_api.sync.tables import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.types import TypeEngine

    Read = Callable[[Any], Any]


def is_told(column: Column) -> bool:
    """Tell whether a column is ever given back: some are only sent by phones."""
    return not isinstance(column.source, Null)


def on_the_wire(column: Column) -> ColumnElement[Any]:
    """Select a column as phones have it.

    Texts of enumerations, days and numbers are what JSON makes of them.
    """
    value = column.source
    if column.shown is not None:
        return sa.type_coerce(value, Decoded(_shown(value.type, column.shown)))
    if column.kind is Kind.MOMENT:
        value = _Milliseconds(value)
    elif column.kind is Kind.DOCUMENT:
        value = sa.cast(value, sa.Text())
    return sa.type_coerce(value, _READ.get(column.kind, sa.Text()))


def _shown(kept: TypeEngine[Any], shown: Read) -> Read:
    read = decoder_of(kept)
    return shown if read is None else lambda value: shown(read(value))


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


def _read_moment(kept: str | int) -> int:
    if isinstance(kept, int):
        return kept
    moment = datetime.fromisoformat(kept).replace(tzinfo=UTC)
    whole = moment.replace(microsecond=0)
    return int(whole.timestamp()) * 1000 + moment.microsecond // 1000


def _read_document(text: str) -> str:
    """Both engines keep keys in orders of their own."""
    return orjson.dumps(orjson.loads(text), option=orjson.OPT_SORT_KEYS).decode()


def _read_time(text: str) -> str:
    return text[:5]


_READ: Final[dict[Kind, TypeEngine[Any]]] = {
    Kind.FLAG: sa.Boolean(),
    Kind.MOMENT: Decoded(_read_moment),
    Kind.DOCUMENT: Decoded(_read_document),
    Kind.TIME: Decoded(_read_time),
}
