"""The contract of a customer's network."""

from __future__ import annotations

from marshmallow import fields, validate

from crm_api.customers.schemas.fields import enum_field
from crm_api.customers.terms import Influence, Kind, RelationKind, Status, Tier
from crm_api.kit.schemas import RecordIdField, Schema

FURTHEST = 4
MOST = 200


class NetworkQuerySchema(Schema):
    """How far to look."""

    hops = fields.Integer(
        load_default=2,
        validate=validate.Range(min=1, max=FURTHEST),
        metadata={"description": "Over how many links a way may lead."},
    )
    most = fields.Integer(
        load_default=100,
        validate=validate.Range(min=2, max=MOST),
        metadata={"description": "How many customers at the most, the nearest first."},
    )


class NetworkCustomerSchema(Schema):
    """A customer in the network of another."""

    id = RecordIdField(required=True)
    name = fields.String(required=True)
    kind = enum_field(Kind, required=True)
    tier = enum_field(Tier, required=True)
    status = enum_field(Status, required=True)
    owner_id = RecordIdField(required=True, allow_none=True)
    hops = fields.Integer(required=True, metadata={"description": "How far off; 0 is oneself."})


class NetworkLinkSchema(Schema):
    """A link between two of them. A key person is the `other` of the group."""

    id = RecordIdField(required=True)
    customer_id = RecordIdField(required=True)
    other_id = RecordIdField(required=True)
    kind = enum_field(RelationKind, required=True)
    role = fields.String(required=True)
    influence = enum_field(Influence, required=True, allow_none=True)


class NetworkSchema(Schema):
    """Who belongs with whom around a customer, as far as you may see."""

    customers = fields.List(fields.Nested(NetworkCustomerSchema), required=True)
    links = fields.List(fields.Nested(NetworkLinkSchema), required=True)
    is_cut = fields.Boolean(
        required=True, metadata={"description": "There is more than was asked for."}
    )
