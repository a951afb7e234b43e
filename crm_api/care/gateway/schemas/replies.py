"""What customers write back."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from crm_api.care.gateway.schemas.shared import ValueSchema, batch, foreign_id
from crm_api.care.gateway.terms import InboundAction
from crm_api.care.gateway.values import Inbound
from crm_api.customers.policies.masking import mask_phone
from crm_api.kit.schemas import (
    MomentField,
    PageQuerySchema,
    PhoneField,
    RecordIdField,
    Schema,
    TextField,
    page_schema,
)


class SenderField(TextField):
    """Whom a message came from: a number in any spelling, or a service's short code or name."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        try:
            return PhoneField().deserialize(text)
        except ma.ValidationError:
            return text


class InboundSchema(ValueSchema):
    """A message that a customer sent."""

    value = Inbound
    inbound_id = foreign_id(required=True)
    number = SenderField(
        shortest=1,
        longest=32,
        required=True,
        data_key="from",
        metadata={"example": "+8613900001234"},
    )
    sent_to = TextField(longest=32, required=True, data_key="to", metadata={"example": "10086"})
    # As the customer wrote it: one strange character must not hold up the gateway's whole batch.
    text = fields.String(
        required=True, validate=validate.Length(max=2000), metadata={"example": "TD"}
    )
    received_at = MomentField(required=True)


class InboundsSchema(Schema):
    """Messages from customers."""

    messages = batch(InboundSchema)


class InboundAnswerSchema(Schema):
    """What one message made us do."""

    inbound_id = fields.String()
    outcome = fields.String(validate=validate.OneOf(["stored", "duplicate"]))
    action = fields.Enum(InboundAction, by_value=True)


class InboundAnswersSchema(Schema):
    """What each message made us do, in the order told."""

    messages = fields.List(fields.Nested(InboundAnswerSchema))


class InboundQuerySchema(PageQuerySchema):
    """Which messages of customers are wanted."""

    awaiting_review = fields.Boolean(
        load_default=False, metadata={"description": "Only those that a person has yet to read."}
    )
    unanswered = fields.Boolean(
        load_default=False,
        metadata={"description": "Only those that want an answer and that nobody has seen to."},
    )
    action = fields.Enum(InboundAction, by_value=True, load_default=None)
    customer_id = RecordIdField(load_default=None)


class CustomerReplySchema(Schema):
    """A message that a customer sent, and what it made us do."""

    id = RecordIdField(attribute="message.id")
    customer_ids = fields.List(
        RecordIdField(),
        metadata={"description": "Who had the number then, as far as you may see them."},
    )
    number = fields.Function(
        lambda reply: mask_phone(reply.message.number),
        metadata={"type": "string", "description": "From where, masked."},
    )
    text = fields.String(attribute="message.text")
    received_at = MomentField(attribute="message.received_at")
    action = fields.Enum(InboundAction, by_value=True, attribute="message.action")
    is_refusal = fields.Boolean(
        allow_none=True,
        attribute="message.is_refusal",
        metadata={"description": "What a person read."},
    )
    reviewed_at = MomentField(allow_none=True, attribute="message.reviewed_at")
    reviewed_by_id = RecordIdField(allow_none=True, attribute="message.reviewed_by_id")
    answered_at = MomentField(allow_none=True, attribute="message.answered_at")
    answered_by_id = RecordIdField(allow_none=True, attribute="message.answered_by_id")


class ReplyReviewSchema(Schema):
    """What a person reads in a customer's message."""

    is_refusal = fields.Boolean(
        required=True,
        metadata={"description": "False lets the number be written to again."},
    )


CustomerReplyPageSchema = page_schema(CustomerReplySchema)
