"""What is asked and told of overrides."""

from __future__ import annotations

from marshmallow import fields, validate

from crm_api.contact_frequency.terms import OverrideState
from crm_api.customers.terms import Category, Channel
from crm_api.kit.schemas import MomentField, PageQuerySchema, RecordIdField, Schema, TextField

MOST_TOLERANCE = 240


class OverrideRequestSchema(Schema):
    """Ask that one refused contact may be made all the same."""

    decision_id = RecordIdField(
        required=True,
        metadata={"description": "The refusal, as `contact_blocked` names it."},
    )
    tolerance_minutes = fields.Integer(
        load_default=0,
        validate=validate.Range(min=0, max=MOST_TOLERANCE),
        metadata={"description": "How far the contact may stand from the moment refused."},
    )
    reason = TextField(
        required=True,
        shortest=1,
        longest=500,
        metadata={"example": "The customer's shop opens tomorrow and asks for the line today."},
    )


class OverrideAnswerSchema(Schema):
    """Why it was decided so."""

    reason = TextField(required=True, shortest=1, longest=500)


class ContactOverrideSchema(Schema):
    """Leave for one contact to go beyond what it was refused for."""

    id = fields.String()
    decision_id = fields.String(metadata={"description": "The refusal, with all its reasons."})
    customer_id = fields.String()
    channel = fields.Enum(Channel, by_value=True)
    category = fields.Enum(Category, by_value=True)
    at = MomentField(metadata={"description": "The moment that was refused."})
    first_at = MomentField(metadata={"description": "The contact may stand from here on,"})
    last_at = MomentField(metadata={"description": "and until here."})
    visit_id = fields.String(allow_none=True)
    moves_slot_id = fields.String(
        allow_none=True, metadata={"description": "The contact that is to be moved; null if new."}
    )
    sets_aside = fields.Function(
        lambda override: sorted({name for name, _ in override.waives}),
        metadata={
            "type": "array",
            "items": {"type": "string"},
            "description": "Policies, or codes where there is no policy.",
            "example": ["gap_24_hours"],
        },
    )
    overridable_by = fields.List(fields.String())
    state = fields.Enum(OverrideState, by_value=True, attribute="shown_state")
    lapses_at = MomentField(metadata={"description": "From then on it is void, unless used."})
    asked_by_id = fields.String()
    reason = fields.String()
    approved_by_id = fields.String(allow_none=True)
    approver_role = fields.String(allow_none=True)
    approved_at = MomentField(allow_none=True)
    approval_reason = fields.String(allow_none=True)
    ended_by_id = fields.String(allow_none=True)
    ended_at = MomentField(allow_none=True)
    end_reason = fields.String(allow_none=True)
    slot_id = fields.String(allow_none=True, metadata={"description": "The contact that used it."})
    used_at = MomentField(allow_none=True)
    created_at = MomentField()


class OverridesQuerySchema(PageQuerySchema):
    """Which overrides."""

    customer_id = RecordIdField(load_default=None)
    state = fields.Enum(OverrideState, by_value=True, load_default=None)
    is_mine = fields.Boolean(load_default=False, metadata={"description": "Only what I asked for."})
    is_to_approve = fields.Boolean(
        load_default=False, metadata={"description": "Only what waits for somebody like me."}
    )
