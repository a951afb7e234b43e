"""The contract of where a profile came from."""

from __future__ import annotations

from marshmallow import fields

from crm_api.customers.provenance.terms import Origin
from crm_api.kit.schemas import MomentField, RecordIdField, Schema


class FieldSourceSchema(Schema):
    """Who told us of a field, when, and how."""

    field = fields.String(metadata={"example": "employer"})
    origin = fields.Enum(Origin, by_value=True)
    record_id = RecordIdField(
        allow_none=True, metadata={"description": "The visit, the import, the merged customer."}
    )
    by_id = RecordIdField(allow_none=True)
    learned_at = MomentField()


class FieldSourcesSchema(Schema):
    """Of each field that anybody told us, where what stands there came from."""

    items = fields.List(fields.Nested(FieldSourceSchema))
