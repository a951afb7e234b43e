"""What the trail shows, and how it is searched."""

from __future__ import annotations

from marshmallow import fields

from crm_api.kit.schemas import (
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    TextField,
    page_schema,
)


class AuditEntrySchema(Schema):
    """One act that somebody may have to answer for."""

    id = RecordIdField(required=True)
    created_at = MomentField(required=True)
    action = fields.String(required=True, metadata={"example": "signed_in"})
    by_id = RecordIdField(
        required=True,
        allow_none=True,
        metadata={"description": "Null where nobody had proved who they are, or by command."},
    )
    subject_kind = fields.String(required=True, metadata={"example": "staff"})
    subject_id = RecordIdField(required=True)
    details = fields.Dict(required=True)


AuditEntryPageSchema = page_schema(AuditEntrySchema)


class AuditQuerySchema(PageQuerySchema):
    """Which acts are wanted."""

    action = TextField(load_default=None, longest=64)
    by_id = RecordIdField(load_default=None)
    subject_kind = TextField(load_default=None, longest=32)
    subject_id = RecordIdField(load_default=None)
    since = MomentField(load_default=None, metadata={"description": "From this moment on."})
    until = MomentField(load_default=None, metadata={"description": "Before this moment."})
