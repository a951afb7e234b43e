"""Several selects sent as one statement: one round trip and one snapshot, on either engine."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.types import UserDefinedType

from crm_api.kit.crypto import EncryptedText
from crm_api.kit.straight import StraightRead
from crm_api.kit.types import Json, UTCDateTime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Rows = list[list[Any]]


class among(ColumnElement[bool]):  # noqa: N801 - reads as a function in a select
    """Compare a text column with the ids that `Bundle.read` is given under a name, or a select's.

    They are few, and found by the column's index whatever the planner makes of their number.
    """

    type = sa.Boolean()
    inherit_cache = False

    def __init__(self, column: Any, ids: str | sa.Select[tuple[str]]) -> None:
        self.column = column
        self.ids = _Listed(sa.bindparam(ids, type_=sa.Text())) if isinstance(ids, str) else ids

    def self_group(self, against: Any = None) -> among:
        """Stand as it is: SQLAlchemy would write `… = 1` for SQLite, which then uses no index."""
        return self


@compiles(among, "sqlite")
def _among_on_sqlite(element: among, compiler: Any, **kw: Any) -> str:
    column, ids = (compiler.process(part, **kw) for part in (element.column, element.ids))
    return f"{column} IN ({ids})"


@compiles(among, "postgresql")
def _among_on_postgresql(element: among, compiler: Any, **kw: Any) -> str:
    column, ids = (compiler.process(part, **kw) for part in (element.column, element.ids))
    return f"{column} = ANY (ARRAY({ids}))"


class _Listed(ColumnElement[str]):
    """The ids of a JSON list, a row for each."""

    type = sa.Text()
    inherit_cache = False

    def __init__(self, ids: sa.BindParameter[str]) -> None:
        self.ids = ids


@compiles(_Listed, "sqlite")
def _listed_on_sqlite(element: _Listed, compiler: Any, **kw: Any) -> str:
    return f"SELECT value FROM json_each({compiler.process(element.ids, **kw)})"  # noqa: S608 - compiled


@compiles(_Listed, "postgresql")
def _listed_on_postgresql(element: _Listed, compiler: Any, **kw: Any) -> str:
    return f"SELECT jsonb_array_elements_text(CAST({compiler.process(element.ids, **kw)} AS jsonb))"


class Decoded(UserDefinedType[Any]):
    """The type of what a bundle reads by a function: of a value as JSON has it, never of null."""

    cache_ok = False

    def __init__(self, read: Callable[[Any], Any]) -> None:
        self.read = read


class Bundle:
    """Selects that are always wanted together.

    Their parameters are texts, whole numbers, and lists of ids, which `among` compares with.
    Whatever changes between two reads of one transaction changes for all selects or for none.
    """

    def __init__(self, **selects: Any) -> None:
        self._readers = {name: reader_of(select) for name, select in selects.items()}
        texts: list[Any] = [AllRows(select) for select in selects.values()]
        self._whole = StraightRead(sa.select(*texts))

    def read(self, **given: Any) -> dict[str, Rows]:
        """Return the rows of each select, in no order, as its columns' types say."""
        values = {name: as_parameter(value) for name, value in given.items()}
        [texts] = self._whole.rows(**values)
        readers = self._readers.items()
        return {name: read(text) for text, (name, read) in zip(texts, readers, strict=True)}


class AllRows(ColumnElement[str]):
    """All rows of a select as one text: a JSON list of lists."""

    type = sa.Text()
    inherit_cache = False

    def __init__(self, select: Any) -> None:
        self.rows = select.subquery()


@compiles(AllRows, "postgresql")
def _all_on_postgresql(element: AllRows, compiler: Any, **kw: Any) -> str:
    row = sa.func.json_build_array(*element.rows.c)
    whole = sa.select(sa.cast(sa.func.json_agg(row), sa.Text())).scalar_subquery()
    return str(compiler.process(whole, **kw))


@compiles(AllRows, "sqlite")
def _all_on_sqlite(element: AllRows, compiler: Any, **kw: Any) -> str:
    columns = [sa.func.json(c) if isinstance(c.type, Json) else c for c in element.rows.c]
    whole = sa.select(sa.func.json_group_array(sa.func.json_array(*columns))).scalar_subquery()
    return str(compiler.process(whole, **kw))


def as_parameter(value: Any) -> Any:
    """Write a value as a statement takes it: a list of ids for `among` as one text."""
    return value if isinstance(value, str | int) else orjson.dumps(list(value)).decode()


def reader_of(select: Any) -> Callable[[str | None], Rows]:
    """Return what reads `AllRows` of a select, in no order, as its columns' types say."""
    decoders = _decoders(select)
    return lambda text: _decoded(orjson.loads(text), decoders) if text else []


def _decoders(select: sa.Select[Any]) -> list[tuple[int, Callable[[Any], Any]]]:
    kinds = ((n, decoder_of(column.type)) for n, column in enumerate(select.selected_columns))
    return [(n, decoder) for n, decoder in kinds if decoder is not None]


def decoder_of(kind: Any) -> Callable[[Any], Any] | None:
    """Return what reads a type's values out of JSON, if they are not as JSON has them."""
    if isinstance(kind, Decoded):
        return kind.read
    if isinstance(kind, EncryptedText):
        return kind.opened
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
