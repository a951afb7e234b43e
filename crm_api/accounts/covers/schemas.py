"""The contract of covers."""

from __future__ import annotations

from marshmallow import fields

from crm_api.accounts.covers.policies import CoverState
from crm_api.kit.schemas import (
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    TextField,
    page_schema,
)


class NewCoverSchema(Schema):
    """Who is away, who stands in, and for how long."""

    absent_id = RecordIdField(required=True)
    stand_in_id = RecordIdField(required=True)
    starts_at = MomentField(load_default=None, metadata={"description": "By default now."})
    ends_at = MomentField(
        required=True, metadata={"description": "From this moment on it is over, by itself."}
    )
    reason = TextField(required=True, shortest=1, longest=500, metadata={"example": "Leave"})


class CoverChangesSchema(Schema):
    """For how long, after all."""

    ends_at = MomentField(required=True)


class CoverSchema(Schema):
    """A colleague looks after an absent one's customers for a time."""

    id = RecordIdField(required=True)
    version = fields.Integer(required=True)
    absent_id = RecordIdField(required=True)
    stand_in_id = RecordIdField(required=True)
    starts_at = MomentField(required=True)
    ends_at = MomentField(required=True)
    reason = fields.String(required=True)
    by_id = RecordIdField(required=True)
    created_at = MomentField(required=True)
    ended_at = MomentField(
        required=True,
        allow_none=True,
        metadata={"description": "When somebody ended it before its time; null if nobody did."},
    )
    ended_by_id = RecordIdField(required=True, allow_none=True)


CoverPageSchema = page_schema(CoverSchema)


class CoverQuerySchema(PageQuerySchema):
    """Which covers are wanted."""

    staff_id = RecordIdField(
        load_default=None, metadata={"description": "Who is away, or stands in."}
    )
    state = fields.Enum(CoverState, by_value=True, load_default=None)
