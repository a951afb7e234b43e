"""What gateways send and get, and what people see of it."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from crm_api.care.gateway.terms import (
    AckResult,
    InboundAction,
    Refusal,
    ReportOutcome,
    ReportStatus,
    Settlement,
)
from crm_api.care.gateway.values import Ack, Held, Inbound, Report, Wish
from crm_api.care.terms import Encoding, MessageState
from crm_api.customers.policies.masking import mask_phone
from crm_api.kit.schemas import (
    MomentField,
    PageQuerySchema,
    Payload,
    RecordIdField,
    Schema,
    TextField,
    page_schema,
)

MOST = 100
LONGEST_LEASE = 600
LONGEST_WAIT = 10


class ValueSchema(Schema):
    """A contract that is handed on as a value."""

    value: type[Any]

    @ma.post_load
    def make_value(self, payload: Payload, **_: Any) -> Any:
        """Hand the whole on as one thing."""
        return self.value(**payload)


def _batch(item: type[Schema]) -> fields.List[Any]:
    return fields.List(
        fields.Nested(item), required=True, validate=validate.Length(min=1, max=MOST)
    )


def _foreign_id(**kwargs: Any) -> TextField:
    return TextField(shortest=1, longest=128, **kwargs)


def _seconds(longest: int, **kwargs: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(min=0, max=longest), **kwargs)


def _code() -> fields.Enum[Refusal]:
    return fields.Enum(
        Refusal,
        by_value=True,
        allow_none=True,
        metadata={"description": "Why nothing changed; null where it did."},
    )


class WishSchema(Schema):
    """How much a worker wants to take, and for how long."""

    most = fields.Integer(
        strict=True,
        required=True,
        data_key="max",
        validate=validate.Range(min=1, max=MOST),
        metadata={"example": 20},
    )
    lease_seconds = fields.Integer(
        strict=True,
        required=True,
        validate=validate.Range(min=1, max=LONGEST_LEASE),
        metadata={"example": 60},
    )
    wait_seconds = _seconds(
        LONGEST_WAIT,
        load_default=0,
        metadata={"description": "How long to wait where nothing is ready."},
    )
    worker = TextField(
        longest=64,
        load_default="",
        metadata={"description": "Which of the gateway's workers asks.", "example": "worker-1"},
    )

    @ma.post_load
    def gather_wish(self, payload: Payload, **_: Any) -> Payload:
        """Hand what is wanted on as one thing, beside how long to wait for it."""
        return {"seconds": payload.pop("wait_seconds"), "wish": Wish(**payload)}


class LeaseSchema(Schema):
    """The hold on a message. Its token proves it in every later call."""

    token = fields.String()
    epoch = fields.Integer(metadata={"description": "Counts the message's leases."})
    expires_at = MomentField()
    seconds_left = fields.Integer(metadata={"description": "The same, for hosts without clock."})


class LeasedMessageSchema(Schema):
    """A message to send."""

    id = RecordIdField()
    lease = fields.Nested(LeaseSchema)
    to = fields.String(metadata={"example": "+8613900001234"})
    text = fields.String()
    sender = fields.String()
    encoding = fields.Enum(Encoding, by_value=True)
    segments = fields.Integer()
    priority = fields.Integer(metadata={"description": "Lower goes first."})
    send_before = MomentField(metadata={"description": "Past it, do not send."})
    validity_seconds = fields.Integer(
        metadata={"description": "How long the network may try, counted from now."}
    )
    attempt = fields.Integer(metadata={"description": "Which attempt this is."})
    reference = fields.String(metadata={"description": "Names this attempt in your own journal."})


class HandSchema(Schema):
    """What a worker got."""

    leased = fields.List(fields.Nested(LeasedMessageSchema))
    recover = fields.List(
        fields.Nested(LeasedMessageSchema),
        metadata={
            "description": "Begun by this gateway and never answered: ask your journal, then ack."
        },
    )
    next_poll_ms = fields.Integer(metadata={"description": "When it is worth asking again."})
    server_time = MomentField()


class HeldSchema(ValueSchema):
    """A message that you hold."""

    value = Held
    id = RecordIdField(required=True)
    lease_token = TextField(shortest=1, longest=128, required=True)


class BeginsSchema(Schema):
    """Messages about to be submitted."""

    held = fields.List(
        fields.Nested(HeldSchema),
        required=True,
        data_key="messages",
        validate=validate.Length(min=1, max=MOST),
    )


class ExtensionsSchema(BeginsSchema):
    """Messages to be held for longer."""

    lease_seconds = fields.Integer(
        strict=True, required=True, validate=validate.Range(min=1, max=LONGEST_LEASE)
    )


class ItemAnswerSchema(Schema):
    """What became of one message."""

    id = RecordIdField()
    state = fields.Enum(
        MessageState,
        by_value=True,
        allow_none=True,
        metadata={"description": "Where it stands now; null where nothing changed."},
    )
    code = _code()


class BeginAnswersSchema(Schema):
    """Which messages may be submitted, in the order asked."""

    messages = fields.List(fields.Nested(ItemAnswerSchema))


class ExtensionAnswerSchema(Schema):
    """Until when one message is yours."""

    id = RecordIdField()
    expires_at = MomentField(allow_none=True)
    code = _code()


class ExtensionAnswersSchema(Schema):
    """Until when each message is yours, in the order asked."""

    messages = fields.List(fields.Nested(ExtensionAnswerSchema))


class AckSchema(ValueSchema):
    """What you know of a message that you hold."""

    value = Ack
    id = RecordIdField(required=True)
    lease_token = TextField(shortest=1, longest=128, required=True)
    result = fields.Enum(AckResult, by_value=True, required=True)
    provider_id = _foreign_id(load_default=None, allow_none=True)
    error = TextField(longest=200, load_default="")
    retry_after = _seconds(
        86_400,
        load_default=None,
        allow_none=True,
        metadata={"description": "Seconds; a longer wait than ours is granted."},
    )
    segments = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(min=1, max=255)
    )


class AcksSchema(Schema):
    """Answers, each for itself."""

    acks = _batch(AckSchema)


class AckAnswersSchema(Schema):
    """What became of each message, in the order told."""

    acks = fields.List(fields.Nested(ItemAnswerSchema))


class ReportSchema(ValueSchema):
    """What the network says of a message, or of one part of it."""

    value = Report
    report_id = _foreign_id(required=True)
    message_id = RecordIdField(load_default=None, allow_none=True)
    provider_id = _foreign_id(load_default=None, allow_none=True)
    part = fields.Integer(strict=True, load_default=1, validate=validate.Range(min=1, max=255))
    parts = fields.Integer(strict=True, load_default=1, validate=validate.Range(min=1, max=255))
    status = fields.Enum(ReportStatus, by_value=True, required=True)
    raw = TextField(longest=1000, load_default="")
    at = MomentField(required=True)

    @ma.validates_schema
    def check_parts(self, payload: Payload, **_: Any) -> None:
        """Refuse a part beyond the last, and a report of nothing."""
        if payload["part"] > payload["parts"]:
            raise ma.ValidationError("There are fewer parts than that.", "part")
        if payload["message_id"] is None and payload["provider_id"] is None:
            raise ma.ValidationError("Name the message or the provider's id.", "message_id")


class ReportsSchema(Schema):
    """Reports in any order."""

    reports = _batch(ReportSchema)


class ReportAnswerSchema(Schema):
    """What one report changed."""

    report_id = fields.String()
    outcome = fields.Enum(ReportOutcome, by_value=True)


class ReportAnswersSchema(Schema):
    """What each report changed, in the order told."""

    reports = fields.List(fields.Nested(ReportAnswerSchema))


class InboundSchema(ValueSchema):
    """A message that a customer sent."""

    value = Inbound
    inbound_id = _foreign_id(required=True)
    number = TextField(
        shortest=1,
        longest=32,
        required=True,
        data_key="from",
        metadata={"example": "+8613900001234"},
    )
    sent_to = TextField(longest=32, required=True, data_key="to", metadata={"example": "10086"})
    text = TextField(longest=2000, required=True, metadata={"example": "TD"})
    received_at = MomentField(required=True)


class InboundsSchema(Schema):
    """Messages from customers."""

    messages = _batch(InboundSchema)


class InboundAnswerSchema(Schema):
    """What one message made us do."""

    inbound_id = fields.String()
    outcome = fields.String(validate=validate.OneOf(["stored", "duplicate"]))
    action = fields.Enum(InboundAction, by_value=True)


class InboundAnswersSchema(Schema):
    """What each message made us do, in the order told."""

    messages = fields.List(fields.Nested(InboundAnswerSchema))


class GatewayStepSchema(Schema):
    """A step that a message took."""

    at = MomentField(attribute="created_at")
    state = fields.Enum(MessageState, by_value=True)
    reason = fields.String()


class GatewayAttemptSchema(Schema):
    """One hand-out to you, and what you answered."""

    worker = fields.String()
    begun_at = MomentField(allow_none=True)
    result = fields.Enum(AckResult, by_value=True, allow_none=True)
    acked_at = MomentField(allow_none=True)
    provider_id = fields.String(allow_none=True)
    error = fields.String()


class ReconciliationSchema(Schema):
    """Where a message stands, and how it came there."""

    id = RecordIdField(attribute="message.id")
    state = fields.Enum(MessageState, by_value=True, attribute="message.state")
    reason = fields.String(attribute="message.reason")
    send_before = MomentField(attribute="message.send_before")
    steps = fields.List(fields.Nested(GatewayStepSchema))
    attempts = fields.List(fields.Nested(GatewayAttemptSchema))


class SettlementSchema(Schema):
    """What a person found out about an uncertain message."""

    outcome = fields.Enum(Settlement, by_value=True, required=True)
    note = TextField(shortest=1, longest=200, required=True, metadata={"example": "客户确认已收到"})


class InboundQuerySchema(PageQuerySchema):
    """Which messages of customers are wanted."""

    awaiting_review = fields.Boolean(
        load_default=False, metadata={"description": "Only those that a person has yet to read."}
    )


class CustomerReplySchema(Schema):
    """A message that a customer sent, and what it made us do."""

    id = RecordIdField()
    number = fields.Function(
        lambda message: mask_phone(message.number),
        metadata={"type": "string", "description": "Whose, masked."},
    )
    text = fields.String()
    received_at = MomentField()
    action = fields.Enum(InboundAction, by_value=True)
    is_refusal = fields.Boolean(allow_none=True, metadata={"description": "What a person read."})
    reviewed_at = MomentField(allow_none=True)
    reviewed_by_id = RecordIdField(allow_none=True)


class ReviewSchema(Schema):
    """What a person reads in a customer's message."""

    is_refusal = fields.Boolean(
        required=True,
        metadata={"description": "False lets the number be written to again."},
    )


CustomerReplyPageSchema = page_schema(CustomerReplySchema)
