"""The contract of what is masked."""

from __future__ import annotations

from marshmallow import fields

from crm_api.customers.schemas.fields import enum_field, reason_field
from crm_api.customers.terms import RevealField
from crm_api.kit.schemas import MomentField, PageQuerySchema, RecordIdField, Schema, page_schema


class NewRevealSchema(Schema):
    """What is to be shown in full, and why."""

    field = enum_field(RevealField, required=True)
    phone_id = RecordIdField(metadata={"description": "Of several phones; else the primary one."})
    reason = reason_field()


class RevealSchema(Schema):
    """What was masked."""

    id = RecordIdField()
    field = enum_field(RevealField)
    value = fields.String()
    expires_at = MomentField(
        metadata={"description": "Until then, who revealed it may read it again. Then forget it."}
    )


class RevealItemSchema(Schema):
    """Who had what shown, when and why; never the number itself."""

    id = RecordIdField()
    customer_id = RecordIdField()
    field = enum_field(RevealField)
    phone_id = RecordIdField(allow_none=True)
    reason = fields.String()
    by_id = RecordIdField()
    created_at = MomentField()
    expires_at = MomentField()


RevealItemPageSchema = page_schema(RevealItemSchema)


class RevealQuerySchema(PageQuerySchema):
    """Which reveals are wanted."""

    customer_id = RecordIdField(load_default=None)
    by_id = RecordIdField(load_default=None)
    field = enum_field(RevealField, load_default=None)
