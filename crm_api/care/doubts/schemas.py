"""What the list of doubtful dates takes and gives."""

from __future__ import annotations

from marshmallow import fields

from crm_api.care.doubts.terms import Doubt
from crm_api.customers.terms import AnniversaryKind
from crm_api.kit.schemas import PageQuerySchema, RecordIdField, Schema, page_schema


class DoubtsQuerySchema(PageQuerySchema):
    """Which dates are wanted."""

    doubt = fields.Enum(Doubt, by_value=True, load_default=None)
    kind = fields.Enum(AnniversaryKind, by_value=True, load_default=None)
    team_id = RecordIdField(load_default=None)
    owner_id = RecordIdField(load_default=None)
    customer_id = RecordIdField(load_default=None)


class DoubtfulDateSchema(Schema):
    """A date that looks like no real one, and whose it is."""

    id = RecordIdField(metadata={"description": "The anniversary's id, to confirm or mend it."})
    version = fields.Integer(metadata={"description": "What If-Match must say."})
    customer_id = RecordIdField()
    customer_name = fields.String()
    owner_id = RecordIdField(allow_none=True)
    team_id = RecordIdField()
    kind = fields.Enum(AnniversaryKind, by_value=True)
    year = fields.Integer(allow_none=True)
    month = fields.Integer()
    day = fields.Integer()
    is_stated = fields.Boolean()
    doubt = fields.Enum(Doubt, by_value=True)


DoubtfulDatePageSchema = page_schema(DoubtfulDateSchema)
