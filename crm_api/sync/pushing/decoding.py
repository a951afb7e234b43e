"""Turn a phone's row into what the online call would be sent."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import marshmallow as ma

from crm_api.kit import json as strict_json
from crm_api.kit.errors import Invalid
from crm_api.kit.ids import is_id
from crm_api.kit.routing import point_at
from crm_api.sync.pushing.mending import mended
from crm_api.sync.tables import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from crm_api.kit.schemas import Payload
    from crm_api.sync.pushing.values import Push, PushedRecord
    from crm_api.sync.tables import Column

LONGEST_TEXT: Final = 64 * 1024
# 1900 to 2199, as everywhere: beyond them, no database of ours keeps a moment.
EARLIEST_MS: Final = -2_208_988_800_000
LATEST_MS: Final = 7_258_118_399_999
EPOCH: Final = datetime.fromtimestamp(0, UTC)
EARLIEST: Final = EPOCH + timedelta(milliseconds=EARLIEST_MS)
LATEST: Final = EPOCH + timedelta(milliseconds=LATEST_MS)
NONE: Final = timedelta()


def decode(
    record: PushedRecord,
    push: Push,
    *,
    names: Collection[str] | None = None,
    facts: Collection[str] = (),
) -> dict[str, Any]:
    """Return what the changed columns say, or those named, as the online call takes it.

    The moments of `facts` were read off the device's clock, and are put right by its skew; those
    that somebody chose, such as when a visit begins, mean what they say.

    :raises Invalid: if a value is not of its column's kind
    """
    wanted = record.changed if names is None else names
    told = {}
    for column in record.table.columns:
        if column.name not in wanted or column.name not in record.row:
            continue
        value = _decode(column, record.row[column.name])
        if isinstance(value, datetime):
            value = _put_right(column, value, by=push.skew if column.name in facts else NONE)
        told[column.name] = value
    return told


def _put_right(column: Column, told: datetime, *, by: timedelta) -> str:
    moment = told - by
    if not EARLIEST <= moment <= LATEST:
        raise Invalid(f"/{column.name}", "Send a moment of this or the last century.")
    return moment.isoformat()


def _decode(column: Column, value: Any) -> Any:
    """Read a value. What the stock client makes of nothing is nothing again."""
    if value is None or (value == "" and (column.is_optional or column.kind is Kind.DOCUMENT)):
        return None if column.is_optional else BLANKS.get(column.kind)
    if column.name.endswith("_id") and not (isinstance(value, str) and is_id(value)):
        raise Invalid(f"/{column.name}", "Send an id here.")
    try:
        return DECODERS[column.kind](value)
    except (ValueError, TypeError, OverflowError, strict_json.MalformedJson):
        raise Invalid(f"/{column.name}", f"Send a {column.kind} here.") from None


def load(schema: type[ma.Schema], told: dict[str, Any]) -> Payload:
    """Judge what was told by the schema of the online call.

    :raises Invalid: naming the first field that is not as it must be
    """
    try:
        loaded: Payload = _made(schema).load(told)
    except ma.ValidationError as error:
        fault = point_at(error.messages)[0]
        raise Invalid(fault["pointer"], fault["message"]) from None
    return loaded


@contextmanager
def naming(**columns: str) -> Iterator[None]:
    """Name the phone's own columns in what is refused, where the online call calls them otherwise.

    By the online field; what lies within another is named by both, with `__` between them.
    """
    try:
        yield
    except Invalid as refusal:
        [fault] = refusal.details["errors"]
        column = _column(columns, fault["pointer"])
        if column is None:
            raise
        raise Invalid(f"/{column}", fault["message"]) from None


def _column(columns: Mapping[str, str], pointer: str) -> str | None:
    names = pointer.split("/")[1:]
    return columns.get("__".join(names)) or columns.get(names[0] if names else "")


@cache
def _made(schema: type[ma.Schema]) -> ma.Schema:
    """Return a schema, made once: that takes longer than to judge a row by it."""
    return schema()


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value.encode()) > LONGEST_TEXT:
        raise ValueError
    return value


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError
    return int(value) if value == int(value) else value


def _flag(value: Any) -> bool:
    if value not in (0, 1):  # some adapters hand their database's numbers on
        raise ValueError
    return bool(value)


def _moment(value: Any) -> datetime:
    ms = _number(value)
    if not EARLIEST_MS <= ms <= LATEST_MS:
        raise ValueError
    return EPOCH + timedelta(milliseconds=int(ms))


def _document(value: Any) -> Any:
    return strict_json.loads(mended(_text(value).encode()))


BLANKS: Final[dict[Kind, Any]] = {Kind.TEXT: "", Kind.DOCUMENT: []}
DECODERS: Final[dict[Kind, Callable[[Any], Any]]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.FLAG: _flag,
    Kind.MOMENT: _moment,
    Kind.DAY: _text,
    Kind.TIME: _text,
    Kind.DOCUMENT: _document,
}
