"""What is asked of the governor, and its answer with the whole trace."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from crm_api.contact_frequency.terms import ReasonCode, SlotState, Strength, SubjectKind, Verdict
from crm_api.contact_frequency.values import Plan
from crm_api.customers.terms import Category, Channel
from crm_api.kit.schemas import (
    MomentField,
    PageQuerySchema,
    Payload,
    PhoneField,
    RecordIdField,
    Schema,
    TextField,
)

BY_HAND = (Channel.CALL, Channel.WECHAT, Channel.EMAIL)
PLANS_AT_ONCE = 100


def moment_text(about: str) -> fields.String:
    """Return a field for a moment that the trace holds as text already."""
    return fields.String(allow_none=True, metadata={"format": "date-time", "description": about})


def override_field() -> RecordIdField:
    """Return a field for the override that lets a contact through."""
    return RecordIdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "The approved override of this one contact, where it has one."},
    )


class BudgetQuerySchema(Schema):
    """Which contact is thought of."""

    channel = fields.Enum(Channel, by_value=True, load_default=Channel.CALL)
    category = fields.Enum(Category, by_value=True, load_default=Category.SERVICE)
    at = MomentField(load_default=None, metadata={"description": "When; now unless told."})


class ContactPlanSchema(Schema):
    """A contact that somebody wants to make."""

    customer_id = RecordIdField(required=True)
    channel = fields.Enum(Channel, by_value=True, required=True)
    category = fields.Enum(Category, by_value=True, required=True)
    at = MomentField(required=True, metadata={"example": "2026-03-04T02:00:00Z"})
    endpoint = PhoneField(
        load_default=None,
        allow_none=True,
        metadata={"description": "The number that rings; the customer's own unless told."},
    )
    visit_id = RecordIdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "The visit that this serves: together they count once."},
    )
    is_agreed = fields.Boolean(
        load_default=False, metadata={"description": "The customer asked for this moment."}
    )


class ContactPlansSchema(Schema):
    """The plans of a day, each judged as if it were the only one."""

    plans = fields.List(
        fields.Nested(ContactPlanSchema),
        required=True,
        validate=validate.Length(min=1, max=PLANS_AT_ONCE),
    )

    @post_load
    def make_plans(self, payload: Payload, **_: Any) -> Payload:
        """Hand on plans."""
        return {"plans": [Plan(**plan) for plan in payload["plans"]]}


class ReservationRequestSchema(ContactPlanSchema):
    """A contact to be reserved, then logged or given back."""

    id = RecordIdField(load_default=None, metadata={"description": "The caller's own id."})
    channel = fields.Enum(
        Channel,
        by_value=True,
        required=True,
        metadata={"description": "call, wechat or email: visits and SMS reserve their own."},
    )
    override_id = override_field()
    occurrence = TextField(
        longest=200,
        shortest=1,
        load_default=None,
        allow_none=True,
        metadata={"description": "What it is for: a statutory notice is given once."},
    )

    @post_load
    def check_channel(self, payload: Payload, **_: Any) -> Payload:
        """Refuse what has a way of its own."""
        if payload["channel"] not in BY_HAND:
            raise ValidationError("Plan a visit or a message where it belongs.", "channel")
        return payload


class MovedReservationSchema(Schema):
    """The new moment."""

    at = MomentField(required=True)
    override_id = override_field()
    is_agreed = fields.Boolean(
        load_default=False,
        metadata={
            "description": "The customer asked for the new moment: that they asked for the former "
            "one says nothing of it."
        },
    )


class ReservationReleaseSchema(Schema):
    """Why the contact will not happen."""

    reason = TextField(required=True, shortest=1, longest=200)


class CountedSlotSchema(Schema):
    """A contact that stands in the way; never its content."""

    slot_id = fields.String()
    channel = fields.String()
    category = fields.String()
    at = moment_text("When it is, or was.")


class LosingSlotSchema(CountedSlotSchema):
    """A held slot that gives way."""

    becomes = fields.String(metadata={"enum": [str(SlotState.PREEMPTED), str(SlotState.COALESCED)]})


class DecisionSubjectSchema(Schema):
    """Whom a reason protects; a number shows its last digits only."""

    kind = fields.String(metadata={"enum": [str(k) for k in SubjectKind]})
    id = fields.String()


class DecisionReasonSchema(Schema):
    """One thing that speaks against the moment."""

    code = fields.String(metadata={"enum": [str(c) for c in ReasonCode]})
    strength = fields.String(metadata={"enum": [str(s) for s in Strength]})
    is_binding = fields.Boolean(metadata={"description": "It is the one that lasts longest."})
    message = fields.String()
    message_zh = fields.String()
    subject = fields.Nested(DecisionSubjectSchema)
    policy_key = fields.String(allow_none=True)
    policy_version = fields.Integer(allow_none=True)
    limit = fields.String(allow_none=True, metadata={"example": "2 in 7 days"})
    counted = fields.List(fields.Nested(CountedSlotSchema))
    forbidden_from = moment_text("Since when it forbids contact.")
    forbidden_until = moment_text("When it no longer does; null if that cannot be told.")
    overridable_by = fields.List(fields.String())


class ChannelMomentSchema(Schema):
    """When another channel would do."""

    channel = fields.String()
    next_allowed_at = moment_text("Null if not within 400 days.")


class UsedOverrideSchema(Schema):
    """Who let a contact through."""

    id = fields.String()
    asked_by_id = fields.String()
    approved_by_id = fields.String()


class ContactDecisionSchema(Schema):
    """The governor's answer, with everything that led to it."""

    verdict = fields.String(metadata={"enum": [str(v) for v in Verdict]})
    customer_id = fields.String()
    channel = fields.String()
    category = fields.String()
    asked_at = moment_text("The moment asked for.")
    judged_at = moment_text("When it was judged.")
    reasons = fields.List(fields.Nested(DecisionReasonSchema))
    exceeds = fields.List(
        fields.Nested(DecisionReasonSchema),
        metadata={"description": "Caps that count this contact and cannot block it."},
    )
    gives_way = fields.List(
        fields.Nested(LosingSlotSchema),
        metadata={"description": "Held slots that lose their moment to this contact."},
    )
    next_allowed_at = moment_text("The first legal moment at or after the one asked for.")
    no_next_because = fields.String(allow_none=True)
    earlier_alternative_at = moment_text("The last legal moment before the one asked for.")
    other_channels = fields.List(fields.Nested(ChannelMomentSchema))
    may_be_overridden_by = fields.List(fields.String())
    override = fields.Nested(
        UsedOverrideSchema, metadata={"description": "Only where the contact has one."}
    )
    overridden = fields.List(
        fields.Nested(DecisionReasonSchema),
        metadata={"description": "What the override sets aside."},
    )


class ContactDecisionsSchema(Schema):
    """Answers in the order of the plans."""

    items = fields.List(fields.Nested(ContactDecisionSchema), required=True)


class StoredDecisionSchema(Schema):
    """An answer that was kept."""

    id = fields.String()
    kind = fields.String()
    slot_id = fields.String(allow_none=True)
    customer_id = fields.String()
    verdict = fields.Enum(Verdict, by_value=True)
    channel = fields.Enum(Channel, by_value=True)
    category = fields.Enum(Category, by_value=True)
    asked_at = MomentField()
    created_at = MomentField()
    by_id = fields.String(allow_none=True)


class StoredDecisionWithTraceSchema(StoredDecisionSchema):
    """An answer that was kept, with its trace."""

    decision = fields.Nested(ContactDecisionSchema, attribute="document")


class ReplaySchema(Schema):
    """Whether the stored facts still give the stored answer."""

    decision_id = fields.String()
    is_same = fields.Boolean(metadata={"description": "Byte by byte."})
    stored_digest = fields.String(metadata={"description": "SHA-256 of the stored trace."})
    replayed_digest = fields.String(metadata={"description": "Of the trace replayed just now."})


class DecisionsQuerySchema(PageQuerySchema):
    """About whom."""

    customer_id = RecordIdField(required=True)
