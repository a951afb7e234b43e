"""The contract of status, tier, ownership, and their history."""

from __future__ import annotations

from marshmallow import fields, validate

from crm_api.customers.schemas.fields import enum_field, fen_field, reason_field
from crm_api.customers.terms import Aspect, Status, Tier
from crm_api.kit.schemas import MomentField, PageQuerySchema, RecordIdField, Schema, page_schema

MONTHS = 36
MOST_LINES = 10_000_000


class CustomerStatusSchema(Schema):
    """How the customer stands with the operator."""

    status = enum_field(Status, required=True)
    reason = reason_field()


class CustomerTierSchema(Schema):
    """A tier set by hand."""

    tier = enum_field(Tier, required=True)
    reason = reason_field()


class TierAssessmentSchema(Schema):
    """What a customer brings: bills of an individual, or revenue and lines of a group."""

    monthly_fen = fields.List(
        fen_field(),
        validate=validate.Length(min=1, max=MONTHS),
        metadata={"description": "Bills of consecutive months, oldest first."},
    )
    monthly_revenue_fen = fen_field()
    mobile_lines = fields.Integer(strict=True, validate=validate.Range(min=0, max=MOST_LINES))


class CustomerOwnerSchema(Schema):
    """Who answers for the customer from now on."""

    owner_id = RecordIdField(required=True)
    reason = reason_field()


class CustomerChangeSchema(Schema):
    """One change of status, tier, plan or ownership."""

    id = RecordIdField()
    aspect = enum_field(Aspect)
    before = fields.Dict(keys=fields.String(), allow_none=True)
    after = fields.Dict(keys=fields.String())
    reason = fields.String()
    changed_at = MomentField()
    by_id = RecordIdField(allow_none=True)


CustomerChangePageSchema = page_schema(CustomerChangeSchema)


class CustomerChangeQuerySchema(PageQuerySchema):
    """Which changes are wanted."""

    aspect = enum_field(Aspect, load_default=None)
