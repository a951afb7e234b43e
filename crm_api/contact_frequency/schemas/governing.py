"""Holds, opt-outs and overruns."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load

from crm_api.contact_frequency.policies.trace import mask_number
from crm_api.contact_frequency.terms import HoldKind, OverrunCause, Strength, SubjectKind
from crm_api.customers.terms import Channel
from crm_api.kit.schemas import (
    MomentField,
    PageQuerySchema,
    Payload,
    PhoneField,
    RecordIdField,
    Schema,
    TextField,
)


class HoldRequestSchema(Schema):
    """Leave one customer alone, or let a region mourn."""

    kind = fields.Enum(HoldKind, by_value=True, required=True)
    customer_id = RecordIdField(load_default=None, allow_none=True)
    team_id = RecordIdField(
        load_default=None, allow_none=True, metadata={"description": "With all teams beneath it."}
    )
    until_at = MomentField(load_default=None, allow_none=True)
    reason = TextField(required=True, shortest=1, longest=500)

    @post_load
    def check_subject(self, payload: Payload, **_: Any) -> Payload:
        """Refuse what has no subject, two, or a hold that only a complaint places."""
        if (payload["customer_id"] is None) == (payload["team_id"] is None):
            raise ValidationError("Name a customer or a team.", "customer_id")
        if payload["kind"] is HoldKind.COMPLAINT:
            raise ValidationError("A complaint places and lifts its hold itself.", "kind")
        wanted = "team_id" if payload["kind"] is HoldKind.MOURNING else "customer_id"
        if payload[wanted] is None:
            raise ValidationError("A region mourns; a customer is left alone.", wanted)
        return payload


class ContactHoldSchema(Schema):
    """A time in which care and marketing rest."""

    id = fields.String()
    kind = fields.Enum(HoldKind, by_value=True)
    customer_id = fields.String(allow_none=True)
    team_path = fields.String(allow_none=True)
    from_at = MomentField()
    until_at = MomentField(allow_none=True)
    reason = fields.String()
    source = fields.String(allow_none=True)
    by_id = fields.String(allow_none=True)
    lifted_at = MomentField(allow_none=True)
    lifted_by_id = fields.String(allow_none=True)
    lift_reason = fields.String(allow_none=True)
    created_at = MomentField()


class HoldLiftSchema(Schema):
    """Why contact may resume."""

    reason = TextField(required=True, shortest=1, longest=500)


class HoldsQuerySchema(PageQuerySchema):
    """Which holds."""

    customer_id = RecordIdField(load_default=None)
    in_force = fields.Boolean(load_default=None)


class OptOutsQuerySchema(PageQuerySchema):
    """Which opt-outs."""

    number = PhoneField(load_default=None)
    in_force = fields.Boolean(load_default=None)


class OptOutSchema(Schema):
    """A number's refusal of a channel."""

    id = fields.String()
    number = fields.Function(lambda refusal: mask_number(refusal.number))
    channel = fields.Enum(Channel, by_value=True)
    categories = fields.List(fields.String())
    opted_out_at = MomentField()
    source = fields.String()
    lifted_at = MomentField(allow_none=True)
    lifted_by = fields.String(allow_none=True)


class OptOutWishSchema(Schema):
    """The customer's own words."""

    wish = TextField(
        required=True,
        shortest=1,
        longest=500,
        metadata={"description": "How the customer asked to be written to again."},
    )


class OverrunsQuerySchema(PageQuerySchema):
    """Which overruns."""

    customer_id = RecordIdField(load_default=None)
    cause = fields.Enum(OverrunCause, by_value=True, load_default=None)


class ContactOverrunSchema(Schema):
    """A contact beyond a policy, and how that came about."""

    id = fields.String()
    slot_id = fields.String()
    customer_id = fields.String()
    policy_key = fields.String(allow_none=True)
    policy_version = fields.Integer(allow_none=True)
    code = fields.String()
    strength = fields.Enum(Strength, by_value=True)
    subject_kind = fields.Enum(SubjectKind, by_value=True)
    cause = fields.Enum(OverrunCause, by_value=True)
    forbidden_until = MomentField(allow_none=True)
    created_at = MomentField()
