"""The contract of duplicates."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from crm_api.customers.duplicates.terms import DuplicateState, Likeness
from crm_api.customers.schemas.core import CustomerSchema, NewCustomerSchema
from crm_api.customers.schemas.fields import enum_field, reason_field
from crm_api.kit.schemas import (
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    page_schema,
)

HIGHEST = 100


def _score_field() -> fields.Integer:
    told = "How much speaks for it, from 0 to 100."
    return fields.Integer(metadata={"description": told, "example": 70})


def _reasons_field() -> fields.List[Any]:
    return fields.List(fields.String(metadata={"enum": [str(one) for one in Likeness]}))


class LookAlikeSchema(Schema):
    """A customer whom you may see, and who may be the one in question."""

    customer_id = RecordIdField()
    name = fields.String()
    score = _score_field()
    reasons = _reasons_field()


class LookAlikesSchema(Schema):
    """Who it may be, those for whom most speaks first."""

    possible_duplicates = fields.List(fields.Nested(LookAlikeSchema))


class CreatedCustomerSchema(CustomerSchema):
    """A customer who was taken in, and who else it may be."""

    possible_duplicates = fields.List(
        fields.Nested(LookAlikeSchema),
        metadata={"description": "A warning: nothing was refused. See /v1/customer-merges."},
    )


class DuplicateCheckSchema(NewCustomerSchema):
    """A customer whom you are about to take in."""


class DuplicateSchema(Schema):
    """Two customers who look like one."""

    id = RecordIdField()
    first_id = RecordIdField()
    second_id = RecordIdField()
    score = _score_field()
    reasons = _reasons_field()
    state = enum_field(DuplicateState)
    created_at = MomentField()
    dismissed_by_id = RecordIdField(allow_none=True)
    dismissed_at = MomentField(allow_none=True)
    dismissal_reason = fields.String(allow_none=True)


class DuplicateQuerySchema(PageQuerySchema):
    """Which pairs."""

    state = enum_field(DuplicateState, load_default=None)
    least_score = fields.Integer(
        strict=False, load_default=None, validate=validate.Range(min=0, max=HIGHEST)
    )
    customer_id = RecordIdField(load_default=None)


class DismissalSchema(Schema):
    """Why two are two."""

    reason = reason_field()


DuplicatePageSchema = page_schema(DuplicateSchema)
