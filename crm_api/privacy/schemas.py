"""The contract of what a customer may ask by law."""

from __future__ import annotations

from marshmallow import fields

from crm_api.customers.schemas.fields import enum_field, reason_field
from crm_api.kit.schemas import (
    DayField,
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    TextField,
    page_schema,
)
from crm_api.privacy.terms import ErasureStatus


class NewDataExportSchema(Schema):
    """Why a customer's data is taken out."""

    reason = reason_field()


class CustomerExportSchema(Schema):
    """All that is kept of a customer, unmasked."""

    customer_id = RecordIdField()
    made_at = MomentField()
    by_id = RecordIdField()
    tables = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.Dict(keys=fields.String())),
        metadata={"description": "The customer's rows, by table; tokens and digests left out."},
    )


class NewErasureSchema(Schema):
    """A customer's wish to be forgotten."""

    reason = reason_field()
    asked_on = DayField(metadata={"description": "When the customer asked; by default today."})
    erase_on = DayField(
        metadata={"description": "From when on it may be done, 30 days ahead at the most."}
    )


class ErasureDecisionSchema(Schema):
    """What was decided, and why."""

    note = TextField(longest=500, load_default="")


class ErasureRefusalSchema(Schema):
    """Why a customer is not erased, such as a law that has us keep the data."""

    note = TextField(longest=500, shortest=1, required=True)


class BlockerSchema(Schema):
    """What is open with the customer."""

    kind = fields.String(metadata={"example": "visit"})
    id = RecordIdField()


class ErasureSchema(Schema):
    """A request to erase a customer, and what became of it."""

    id = RecordIdField()
    version = fields.Integer()
    customer_id = RecordIdField()
    team_id = RecordIdField(metadata={"description": "Whose customer it was."})
    reason = fields.String()
    asked_on = DayField()
    erase_on = DayField()
    status = enum_field(ErasureStatus)
    requested_by_id = RecordIdField()
    created_at = MomentField()
    decided_by_id = RecordIdField(allow_none=True)
    decided_at = MomentField(allow_none=True)
    note = fields.String()
    erased_at = MomentField(allow_none=True)
    blocked_by = fields.List(
        fields.Nested(BlockerSchema),
        allow_none=True,
        metadata={"description": "What stood in the way when it was last tried."},
    )


ErasurePageSchema = page_schema(ErasureSchema)


class ErasureQuerySchema(PageQuerySchema):
    """Which erasures are wanted."""

    status = enum_field(ErasureStatus, load_default=None)
    customer_id = RecordIdField(load_default=None)
    requested_by_id = RecordIdField(load_default=None)
