"""Lists that cost the same on every page: keyset cursors over a total order."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from crm_api.kit.db import db
from crm_api.kit.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_LIMIT = 200
DEFAULT_LIMIT = 50


@dataclass(frozen=True, slots=True)
class PageRequest:
    """How much of a list is wanted, and from where on."""

    limit: int = DEFAULT_LIMIT
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of a list, and where the next one starts."""

    items: Sequence[Any]
    next_cursor: str | None


def fetch_page(
    statement: sa.Select[Any],
    *,
    by: Sequence[sa.ColumnElement[Any] | Any],
    page: PageRequest,
    descending: bool = False,
) -> Page:
    """Run a select for one page.

    `by` is a total order (end it with the id) of columns that are never null; all of them run in
    one direction, so that an index serves the page however deep it lies. A statement over one
    entity or column gives that, any other gives rows by the names of their columns.

    :raises Invalid: if the cursor was not made by this list
    """
    keys = [column.label(f"_key{n}") for n, column in enumerate(by)]
    wide = up_to_page(statement.add_columns(*keys), by=by, page=page, descending=descending)
    rows = db.session.execute(wide).all()
    width = len(statement.column_descriptions)
    items = [row[0] if width == 1 else row for row in rows[: page.limit]]
    more = len(rows) > page.limit
    return Page(items, _encode(rows[page.limit - 1][-len(by) :]) if more else None)


def up_to_page(
    statement: sa.Select[Any],
    *,
    by: Sequence[sa.ColumnElement[Any] | Any],
    page: PageRequest,
    descending: bool = False,
) -> sa.Select[Any]:
    """Limit a select to what one page of it holds, and one row more: for parts of a union.

    :raises Invalid: if the cursor was not made by this list
    """
    if page.cursor is not None:
        position = _decode(page.cursor, by)
        here = sa.tuple_(*by)
        there = sa.tuple_(*(sa.literal(v, c.type) for v, c in zip(position, by, strict=True)))
        statement = statement.where(here < there if descending else here > there)
    order = [c.desc() if descending else c.asc() for c in by]
    return statement.order_by(*order).limit(page.limit + 1)


def _encode(position: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(list(position))).decode().rstrip("=")


def _decode(cursor: str, by: Sequence[Any]) -> list[Any]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = orjson.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
        return [_value(v, c) for v, c in zip(values, by, strict=True)]
    except (ValueError, TypeError, binascii.Error):
        raise Invalid("/cursor", "Use next_cursor as this list gave it.") from None


def _value(value: Any, column: Any) -> Any:
    kind = getattr(column.type, "impl_instance", column.type).python_type
    if kind in (datetime, date):
        return kind.fromisoformat(value)
    if issubclass(kind, Enum):
        return kind(value)
    if not isinstance(value, kind) or (isinstance(value, str) and "\x00" in value):
        raise TypeError
    return value
