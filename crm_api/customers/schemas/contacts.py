"""The contract of phones and of links between customers."""

from __future__ import annotations

from marshmallow import fields

from crm_api.customers.schemas.fields import OWN_ID, MaskedPhoneField, enum_field
from crm_api.customers.terms import Influence, Kind, RelationKind
from crm_api.kit.schemas import PhoneField, RecordIdField, Schema, TextField, page_schema


class NewPhoneSchema(Schema):
    """One more number of a customer."""

    id = RecordIdField(metadata=OWN_ID)
    number = PhoneField(required=True)
    label = TextField(longest=50, metadata={"example": "work"})


class PrimaryPhoneSchema(Schema):
    """The number to write to."""

    phone_id = RecordIdField(required=True)


class PhoneSchema(Schema):
    """One of a customer's numbers, masked."""

    id = RecordIdField()
    customer_id = RecordIdField()
    number = MaskedPhoneField()
    label = fields.String()
    is_primary = fields.Boolean(metadata={"description": "The one that messages go to."})


PhonePageSchema = page_schema(PhoneSchema)


class RelationChangesSchema(Schema):
    """What is to be mended of a link; what is not named stays."""

    role = TextField(longest=100, metadata={"example": "head of purchasing"})
    influence = enum_field(Influence, metadata={"description": "Of a key person on the group."})


class NewRelationSchema(RelationChangesSchema):
    """A link to another customer."""

    id = RecordIdField(metadata=OWN_ID)
    other_id = RecordIdField(required=True)
    kind = enum_field(RelationKind, required=True)


class RelationSchema(Schema):
    """Two customers that belong together. A key person is the `other` of the group."""

    id = RecordIdField()
    version = fields.Integer()
    customer_id = RecordIdField()
    other_id = RecordIdField()
    kind = enum_field(RelationKind)
    role = fields.String()
    influence = enum_field(Influence, allow_none=True)


class RelationItemSchema(RelationSchema):
    """A link, with who is at its other end."""

    linked_id = RecordIdField()
    linked_name = fields.String()
    linked_kind = enum_field(Kind)


RelationItemPageSchema = page_schema(RelationItemSchema)
