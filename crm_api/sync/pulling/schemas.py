"""The contract of pull and poll; the rows follow from the tables that sync."""

from __future__ import annotations

from typing import Any, Final

import marshmallow as ma
import orjson
from marshmallow import fields, validate

from crm_api.kit.schemas import Payload, RecordIdField, Schema
from crm_api.sync.pulling.values import NOTHING
from crm_api.sync.tables import SCHEMA_VERSION, TABLES, Column, Kind, SyncTable

SAFE_INTEGER: Final = 2**53 - 1
LARGEST_PAGE: Final = 2_000
LONGEST_POLL_SECONDS: Final = 25


class CursorField(fields.Field[int]):
    """A `timestamp` as it was given. Before the first pull the stock client sends many things."""

    NONE = ("", "0", "null", "undefined")

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if value in self.NONE:
            return NOTHING
        if not str(value).isdecimal() or int(value) > SAFE_INTEGER:
            raise ma.ValidationError("Send the `timestamp` of the last pull as you got it.")
        return int(value)


class MigrationField(fields.Field[int | None]):
    """What the stock client says of its own migration; how far back it began is what matters."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int | None:
        if value in CursorField.NONE:
            return None
        try:
            begun = orjson.loads(value)["from"]
        except (orjson.JSONDecodeError, KeyError, TypeError, IndexError):
            begun = None
        if not isinstance(begun, int) or not 0 < begun < SAFE_INTEGER:
            raise ma.ValidationError("Send the migration as the client makes it.")
        return begun


_CURSOR: Final[dict[str, Any]] = {
    "load_default": NOTHING,
    "metadata": {
        "type": "string",
        "default": "",
        "description": "The `timestamp` of the last pull; empty, 0 or null before the first.",
    },
}


class PullQuerySchema(Schema):
    """Where the phone stands. One that finds nothing new asks the same again."""

    is_repeated = True
    last_pulled_at = CursorField(**_CURSOR)
    schema_version = fields.Integer(
        load_default=SCHEMA_VERSION,
        validate=validate.Range(min=1, max=10_000),
        metadata={"description": "Of the app's own database."},
    )
    migration = MigrationField(
        data_key="migration",
        attribute="migrates_from",
        load_default=None,
        metadata={
            "type": "string",
            "description": "What the app's database has learned since, as JSON: new tables and "
            "columns are then filled with old records.",
        },
    )
    limit = fields.Integer(
        load_default=LARGEST_PAGE,
        validate=validate.Range(min=1, max=LARGEST_PAGE),
        metadata={"description": "How many records at the most."},
    )

    @ma.post_load
    def know_no_later_version(self, payload: Payload, **_: Any) -> Payload:
        """Answer an app that is ahead of the server as far as the server goes."""
        return {**payload, "schema_version": min(payload["schema_version"], SCHEMA_VERSION)}


class PollQuerySchema(Schema):
    """From where on there may be something new, and how long to wait for it."""

    since = CursorField(**_CURSOR)
    timeout = fields.Integer(
        load_default=LONGEST_POLL_SECONDS,
        validate=validate.Range(min=0, max=LONGEST_POLL_SECONDS),
        metadata={"description": "Seconds. Where many wait already, the answer comes at once."},
    )


class NewsSchema(Schema):
    """Whether to pull."""

    has_news = fields.Boolean(required=True)


class MillisecondsField(fields.Integer):
    """A moment as phones have it."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if value is None:
            return None
        whole = int(value.replace(microsecond=0).timestamp())
        return whole * 1000 + value.microsecond // 1000


class DocumentField(fields.String):
    """JSON within a text, for the stock client's `@json` fields."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if value is None:
            return None
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


class ShortTimeField(fields.String):
    """HH:MM."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return None if value is None else value.isoformat("minutes")


class ShownField(fields.String):
    """A value that phones have in another form, such as a masked number."""

    def __init__(self, shown: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._shown = shown

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return None if value is None else self._shown(value)


FIELDS: Final[dict[Kind, type[fields.Field[Any]]]] = {
    Kind.TEXT: fields.String,
    Kind.NUMBER: fields.Integer,
    Kind.FLAG: fields.Boolean,
    Kind.MOMENT: MillisecondsField,
    Kind.DAY: fields.Date,
    Kind.TIME: ShortTimeField,
    Kind.DOCUMENT: DocumentField,
}


def row_schema(table: SyncTable, *, version: int = SCHEMA_VERSION) -> type[ma.Schema]:
    """Return the schema of a table's records as an app of this version has them."""
    columns = {column.name: _field(column) for column in table.columns_of(version)}
    name = "".join(part.title() for part in table.name.split("_"))
    return Schema.from_dict({"id": RecordIdField(required=True), **columns}, name=f"Synced{name}")


def _field(column: Column) -> fields.Field[Any]:
    if column.shown is not None:
        return ShownField(column.shown, required=True, allow_none=column.is_optional)
    return FIELDS[column.kind](required=True, allow_none=column.is_optional)


def _changes(table: SyncTable) -> fields.Field[Any]:
    name = row_schema(table).__name__
    known: dict[str, fields.Field[Any]] = {
        "created": fields.List(fields.Raw(), required=True, metadata={"maxItems": 0}),
        "updated": fields.List(fields.Nested(row_schema(table)), required=True),
        "deleted": fields.List(RecordIdField(), required=True),
    }
    return fields.Nested(Schema.from_dict(known, name=f"{name}Changes"), required=True)


ChangesSchema = Schema.from_dict(
    {name: _changes(table) for name, table in TABLES.items()}, name="Changes"
)


class NoticeSchema(Schema):
    """A word to the app."""

    code = fields.String(required=True, metadata={"example": "cursor_too_old"})
    message = fields.String(required=True)


class PullSchema(Schema):
    """What changed, table by table."""

    changes = fields.Nested(ChangesSchema, required=True)
    timestamp = fields.Integer(
        required=True,
        metadata={"description": "The cursor to send next time. It is no time."},
    )
    has_more = fields.Boolean(
        required=True,
        metadata={"description": "Pull again with `timestamp` and merge, before you apply."},
    )
    server_time = MillisecondsField(required=True)
    notices = fields.List(fields.Nested(NoticeSchema), required=True)
    experimentalStrategy = fields.String(  # noqa: N815 - the stock client's name
        validate=validate.Equal("replacement"),
        metadata={"description": "There where the phone is to forget what it had."},
    )
