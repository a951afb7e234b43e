"""What a table that syncs is: its columns as a phone has them, and which records are in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    import sqlalchemy as sa


class Kind(StrEnum):
    """How a value travels. WatermelonDB knows texts, numbers and booleans."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    MOMENT = "moment"  # whole milliseconds since 1970, a number
    DAY = "day"  # YYYY-MM-DD, a text
    TIME = "time"  # HH:MM, a text
    DOCUMENT = "document"  # JSON within a text, for `@json` fields


class Written(Enum):
    """Whether a device may write a column."""

    NEVER = auto()
    AT_FIRST = auto()  # with the record, and never again
    ALWAYS = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column as a phone has it."""

    name: str
    kind: Kind
    source: sa.ColumnElement[Any]
    written: Written = Written.NEVER
    is_optional: bool = False
    since: int = 1
    # Of a text: what the value is shown as, such as a masked number. Plain Python, value to value.
    shown: Callable[[Any], Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncTable:
    """A table of the phone's database.

    `records` selects from whatever joins the columns need; `customer_id` says whose a record is,
    and so which feeds carry it: that of the customer's owner and those of who covers. Where there
    is none, `subscriber_id` names the one whose it is. `is_within` bounds it by the calendar.
    `watches` names the tables of the database whose rows make its records, each with the column
    that holds the record's id.
    """

    name: str
    source: sa.FromClause
    id: sa.ColumnElement[str]
    columns: tuple[Column, ...]
    watches: dict[str, str]
    customer_id: sa.ColumnElement[str] | None = None
    subscriber_id: sa.ColumnElement[str] | None = None
    is_within: Callable[[date], sa.ColumnElement[bool]] | None = None
    may_create: bool = False
    may_delete: bool = False
    since: int = 1

    def columns_of(self, schema_version: int) -> tuple[Column, ...]:
        """Return the columns that an app of this version knows."""
        return tuple(c for c in self.columns if c.since <= schema_version)
