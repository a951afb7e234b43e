"""The contract of issues."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import fields, validate

from crm_api.kit.schemas import (
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    TextField,
    page_schema,
)
from crm_api.sync.terms import Pushed

SMALLEST: Final = -(2**63)
LARGEST: Final = 2**64 - 1


class ContentField(fields.Raw):
    """A record as it was sent. A number beyond 64 bits, which no JSON of ours tells, is its text.

    Since such are kept as texts, only rows from before hold any; SQLite gives them as fractions.
    """

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return _told(value)


def _told(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _told(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_told(one) for one in value]
    is_beyond = isinstance(value, int) and not SMALLEST <= value <= LARGEST
    return str(value) if is_beyond else value


class SyncIssueSchema(Schema):
    """What a phone sent and the server would not take, with its content."""

    id = RecordIdField(required=True)
    version = fields.Integer(required=True)
    staff_id = RecordIdField(required=True, metadata={"description": "Who sent it."})
    device_id = RecordIdField(required=True)
    table_name = fields.String(required=True)
    record_id = RecordIdField(required=True)
    op = fields.Enum(Pushed, by_value=True, required=True)
    customer_id = RecordIdField(required=True, allow_none=True)
    code = fields.String(required=True, metadata={"description": "Why it was not taken."})
    field = fields.String(required=True, allow_none=True)
    message = fields.String(required=True)
    content = ContentField(
        required=True, allow_none=True, metadata={"description": "The record as it was sent."}
    )
    next_allowed_at = MomentField(required=True, allow_none=True)
    created_at = MomentField(required=True)
    settled_at = MomentField(required=True, allow_none=True)
    settled_by_id = RecordIdField(required=True, allow_none=True)
    settled_how = fields.String(required=True, allow_none=True)


SyncIssuePageSchema = page_schema(SyncIssueSchema)


class SyncIssuesQuerySchema(PageQuerySchema):
    """Which issues are wanted."""

    staff_id = RecordIdField(load_default=None)
    customer_id = RecordIdField(load_default=None)
    device_id = RecordIdField(load_default=None)
    table_name = fields.String(load_default=None, validate=validate.Length(max=32))
    code = fields.String(load_default=None, validate=validate.Length(max=64))
    is_settled = fields.Boolean(load_default=None)


class SyncIssueSettlementSchema(Schema):
    """What became of it."""

    how = TextField(
        required=True,
        shortest=1,
        longest=1000,
        metadata={"example": "The new owner wrote it down by hand."},
    )
