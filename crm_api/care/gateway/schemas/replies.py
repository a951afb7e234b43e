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


class ReplyReviewSchema(Schema):
    """What a person reads in a customer's message."""

    is_refusal = fields.Boolean(
        required=True,
        metadata={"description": "False lets the number be written to again."},
    )


CustomerReplyPageSchema = page_schema(CustomerReplySchema)
