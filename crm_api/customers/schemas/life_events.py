"""The contract of what happens to a customer once."""

from __future__ import annotations

from marshmallow import fields

from crm_api.customers.schemas.fields import OWN_ID, enum_field
from crm_api.customers.terms import LifeEventKind
from crm_api.kit.schemas import (
    DayField,
    MomentField,
    RecordIdField,
    Schema,
    TextField,
    page_schema,
)


class LifeEventChangesSchema(Schema):
    """What is to be mended of an event; what is not named stays."""

    kind = enum_field(LifeEventKind)
    label = TextField(
        longest=100,
        metadata={
            "description": "How a greeting calls it, where it is short enough for one.",
            "example": "女儿考上大学",
        },
    )
    happened_on = DayField(
        metadata={
            "description": "A day to come is greeted on it; one that has passed, soon or never."
        }
    )
    is_greeted = fields.Boolean(
        metadata={"description": "False where the customer wants no word about it."}
    )


class NewLifeEventSchema(LifeEventChangesSchema):
    """Something that happened to a customer, or will."""

    id = RecordIdField(metadata=OWN_ID)
    kind = enum_field(LifeEventKind, required=True)
    happened_on = DayField(required=True, metadata={"example": "2026-05-20"})


class LifeEventSchema(Schema):
    """Something that happened to a customer, or will, and how we know."""

    id = RecordIdField()
    version = fields.Integer()
    customer_id = RecordIdField()
    kind = enum_field(LifeEventKind)
    label = fields.String()
    happened_on = DayField()
    is_greeted = fields.Boolean()
    noted_on = DayField(metadata={"description": "The local day on which we learned of it."})
    by_id = RecordIdField(allow_none=True, metadata={"description": "Who learned of it."})
    visit_id = RecordIdField(allow_none=True, metadata={"description": "In which visit."})
    created_at = MomentField()


LifeEventPageSchema = page_schema(LifeEventSchema)
