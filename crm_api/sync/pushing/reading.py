"""Read a push as the stock client sends it; refuse as a whole only what no client sends."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final

import orjson

from crm_api.kit.ids import is_id
from crm_api.sync.pushing.errors import MalformedPush, PushTooLarge
from crm_api.sync.pushing.values import Changes, PushedRecord
from crm_api.sync.tables import TABLES
from crm_api.sync.terms import Pushed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crm_api.sync.tables import SyncTable

MOST_RECORDS: Final = 1_000
MOST_BYTES: Final = 5 * 1024 * 1024
LARGEST_NUMBER: Final = 2**53 - 1  # whole, and exact in JavaScript
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def read_changes(body: Any, *, last_pulled_at: str | None) -> Changes:
    """Return what a body tells: the bare changes, or `{changes, lastPulledAt}`.

    :raises MalformedPush: if a table, an id or the shape is not one that a client sends
    :raises PushTooLarge: if it holds too many records
    """
    if not isinstance(body, dict):
        raise MalformedPush("", "Send an object of tables.")
    is_wrapped = isinstance(body.get("changes"), dict)
    changes = body["changes"] if is_wrapped else body
    cursor = body.get("lastPulledAt") if is_wrapped and last_pulled_at is None else last_pulled_at
    records = list(_records(changes))
    if len(records) > MOST_RECORDS:
        raise PushTooLarge(most_records=MOST_RECORDS, most_bytes=MOST_BYTES)
    _refuse_doubles(records)
    read = {
        name: {op.value: content.get(op, []) for op in Pushed} for name, content in changes.items()
    }
    told = orjson.dumps(read, option=orjson.OPT_SORT_KEYS)
    return Changes(
        records=records,
        last_pulled_at=_cursor(cursor),
        digest=hashlib.sha256(told).hexdigest(),
    )


def _records(changes: Mapping[str, Any]) -> Iterator[PushedRecord]:
    for name, content in changes.items():
        table = TABLES.get(name)
        if table is None:
            raise MalformedPush(f"/{name[:64]}", "No such table syncs.")
        if not isinstance(content, dict):
            raise MalformedPush(f"/{name}", "Send an object of created, updated, deleted.")
        for op in Pushed:
            entries = content.get(op, [])
            if not isinstance(entries, list):
                raise MalformedPush(f"/{name}/{op}", "Send a list.")
            yield from (_record(table, op, e, f"/{name}/{op}/{n}") for n, e in enumerate(entries))


def _record(table: SyncTable, op: Pushed, entry: Any, pointer: str) -> PushedRecord:
    if op is Pushed.DELETED:
        return PushedRecord(table=table, id=_id(entry, pointer), op=op)
    if not isinstance(entry, dict):
        raise MalformedPush(pointer, "Send a row.")
    if any(isinstance(value, (dict, list)) for value in entry.values()):
        raise MalformedPush(pointer, "A row holds texts, numbers and flags.")
    known = {column.name for column in table.columns}
    edited = entry.get("_changed") or ""
    if not isinstance(edited, str):
        raise MalformedPush(f"{pointer}/_changed", "Send the names of columns, with commas.")
    return PushedRecord(
        table=table,
        id=_id(entry.get("id"), f"{pointer}/id"),
        op=op,
        row={name: _clean(entry[name]) for name in entry if name in known | {"updated_at"}},
        edited=frozenset(edited.split(",")) & known & set(entry),
    )


def _clean(value: Any) -> Any:
    """Take out of a text what no database keeps, rather than have the phone keep the record.

    A number that no phone counts to is kept as its text: a document of ours would give it back as
    a whole number that no JSON of ours tells.
    """
    if isinstance(value, (int, float)) and abs(value) > LARGEST_NUMBER:
        return str(value)
    return _CONTROL.sub("", value) if isinstance(value, str) else value


def _id(value: Any, pointer: str) -> str:
    if not isinstance(value, str) or not is_id(value):
        raise MalformedPush(pointer, "An id is 1 to 64 of A-Z a-z 0-9 _ -.")
    return value


def _refuse_doubles(records: list[PushedRecord]) -> None:
    seen: set[tuple[str, str]] = set()
    for record in records:
        if record.key in seen:
            raise MalformedPush(f"/{record.table.name}", f"{record.id} comes twice.")
        seen.add(record.key)


def _cursor(given: Any) -> int:
    """Return the phone's cursor, 0 where it has none: the client writes that in many ways."""
    text = str(given)
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 16 else 0  # noqa: PLR2004
    return number if number <= LARGEST_NUMBER else 0
