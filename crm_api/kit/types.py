"""Column types that mean the same on both engines."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import mapped_column

if TYPE_CHECKING:
    from enum import StrEnum

    from sqlalchemy.engine import Dialect

RecordId = Annotated[str, mapped_column(sa.String(64))]


class UTCDateTime(sa.TypeDecorator[datetime]):
    """A moment. Stored in UTC, given back aware: SQLite would drop the offset."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive moment, which nobody could place."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a moment needs its time zone"
            raise ValueError(msg)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(sa.TypeDecorator[Any]):
    """A document: JSONB where there is such a thing."""

    impl = sa.JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """Choose the engine's best type."""
        # None is SQL's NULL here, never JSON's: "all channels" must answer to IS NULL.
        kind = JSONB if dialect.name == "postgresql" else sa.JSON
        best = kind(none_as_null=True)
        return dialect.type_descriptor(best)


def enum_column(enum: type[StrEnum]) -> sa.Enum:
    """Return a column type that stores an enum's value as text."""
    return sa.Enum(
        enum,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=lambda e: [m.value for m in e],
    )


_STRICT_NAMES: dict[type[sa.types.TypeEngine[Any]], str] = {
    sa.String: "TEXT",
    sa.VARCHAR: "TEXT",
    sa.Text: "TEXT",
    sa.Enum: "TEXT",
    sa.DateTime: "TEXT",
    sa.Date: "TEXT",
    sa.Time: "TEXT",
    sa.JSON: "TEXT",
    sa.Boolean: "INTEGER",
    sa.BigInteger: "INTEGER",
    sa.SmallInteger: "INTEGER",
    sa.Integer: "INTEGER",
    sa.Float: "REAL",
    sa.Double: "REAL",
    sa.LargeBinary: "BLOB",
}


def _compile_as(name: str) -> Any:
    def compile_type(_element: Any, _compiler: Any, **_: Any) -> str:
        return name

    return compile_type


# STRICT tables know five type names only; without STRICT, SQLite would store any text as a number.
for _type, _name in _STRICT_NAMES.items():
    compiles(_type, "sqlite")(_compile_as(_name))
