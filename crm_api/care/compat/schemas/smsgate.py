"""The SMSGate app's protocol, as its private servers speak it.

The shapes are those of the app and its server (github.com/capcom6/android-sms-gateway and
github.com/android-sms-gateway/server, both Apache-2.0). What we do not know of them we let pass:
the app grows.
"""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import EXCLUDE, fields, validate

from crm_api.care.compat.schemas.heard import HeardTextField
from crm_api.care.compat.terms import Order
from crm_api.care.compat.values import HeardSms, PhoneState
from crm_api.care.gateway.schemas.replies import SenderField
from crm_api.care.gateway.schemas.shared import MOST, foreign_id
from crm_api.kit.schemas import MomentField, Payload, RecordIdField, Schema, TextField

LONGEST_NOTE = 200


class AppSchema(Schema):
    """A shape of the app's: what is new in it is passed over."""

    class Meta:
        """Lenient, because the app is not ours."""

        unknown = EXCLUDE


class PhoneRegistrationSchema(AppSchema):
    """A phone that comes in."""

    model = TextField(
        longest=128, required=True, data_key="name", metadata={"example": "Demo/phone"}
    )
    push_token = fields.String(
        data_key="pushToken",
        allow_none=True,
        load_default=None,
        validate=validate.Length(max=1000),
        metadata={"description": "Not used: the phone asks by itself."},
    )


class PhoneRegisteredSchema(AppSchema):
    """What a phone calls us with from now on, shown once."""

    id = fields.String()
    token = fields.String()
    login = fields.String()
    password = fields.String()


class PhoneChangeSchema(AppSchema):
    """A phone's new push token."""

    id = RecordIdField(required=True)
    push_token = fields.String(
        data_key="pushToken", required=True, validate=validate.Length(max=1000)
    )


class SeenPhoneSchema(AppSchema):
    """A phone, as it sees itself."""

    id = RecordIdField()
    name = fields.String(attribute="model")
    created_at = MomentField(data_key="createdAt")


class PhoneStandingSchema(AppSchema):
    """A phone, and from where it calls."""

    device = fields.Nested(SeenPhoneSchema)
    external_ip = fields.String(data_key="externalIp")


class PhoneQuerySchema(AppSchema):
    """In which order messages are wanted."""

    order = fields.Enum(Order, by_value=True, load_default=Order.LIFO)


class PhoneTextSchema(AppSchema):
    """The text of a message."""

    text = fields.String()


class PhoneMessageSchema(AppSchema):
    """A message to send. One that the phone knows already is not sent again."""

    id = RecordIdField()
    message = fields.String(attribute="text", metadata={"description": "For older versions."})
    text_message = fields.Nested(PhoneTextSchema, data_key="textMessage")
    phone_numbers = fields.List(fields.String(), data_key="phoneNumbers")
    with_delivery_report = fields.Boolean(data_key="withDeliveryReport")
    is_encrypted = fields.Boolean(data_key="isEncrypted")
    valid_until = MomentField(
        data_key="validUntil", metadata={"description": "Past it, the phone does not send."}
    )
    created_at = MomentField(data_key="createdAt")

    @ma.pre_dump
    def lay_out(self, offer: Any, **_: Any) -> Payload:
        """Write one offer as the app reads it."""
        return {
            "id": offer.id,
            "text": offer.text,
            "text_message": {"text": offer.text},
            "phone_numbers": [offer.to],
            "with_delivery_report": True,
            "is_encrypted": False,
            "valid_until": offer.valid_until,
            "created_at": offer.created_at,
        }


class RecipientStateSchema(AppSchema):
    """How far a message has come with one recipient."""

    error = fields.String(load_default=None, allow_none=True)


class PhoneStateSchema(AppSchema):
    """How far a message has come."""

    message_id = RecordIdField(required=True, data_key="id")
    state = fields.String(
        required=True,
        validate=validate.Length(min=1, max=32),
        metadata={"description": "One that is unknown changes nothing.", "example": "Sent"},
    )
    recipients = fields.List(
        fields.Nested(RecipientStateSchema),
        load_default=list,
        allow_none=True,
        validate=validate.Length(max=MOST),
    )
    states = fields.Dict(
        keys=fields.String(),
        values=fields.Raw(allow_none=True),
        load_default=dict,
        allow_none=True,
        metadata={"description": "What it went through, and when."},
    )

    @ma.validates_schema(pass_collection=True)
    def check_count(self, payload: Any, *, many: bool, **_: Any) -> None:
        """Refuse a list of nothing, and one longer than any phone has reason to send."""
        if many and not 1 <= len(payload) <= MOST:
            raise ma.ValidationError(f"Send 1 to {MOST} states.")

    @ma.post_load
    def make_value(self, payload: Payload, **_: Any) -> PhoneState:
        """Keep what matters of it."""
        errors = [r["error"] for r in payload["recipients"] or () if r["error"]]
        return PhoneState(
            message_id=payload["message_id"],
            state=payload["state"],
            passed=frozenset(payload["states"] or ()),
            error="; ".join(errors)[:LONGEST_NOTE],
        )


class PhoneWebhookSchema(AppSchema):
    """Where a phone tells of what it hears."""

    id = fields.String()
    device_id = fields.String(data_key="deviceId")
    url = fields.String()
    event = fields.String()


class WebhookSettingsSchema(AppSchema):
    """How a phone signs what it tells."""

    signing_key = fields.String()


class PhoneSettingsSchema(AppSchema):
    """The settings that we give a phone; it keeps its own for the rest."""

    webhooks = fields.Nested(WebhookSettingsSchema)


class HeardPayloadSchema(AppSchema):
    """A customer's message in a phone's words."""

    sender = SenderField(shortest=1, longest=32, load_default=None)
    number = SenderField(
        shortest=1,
        longest=32,
        load_default=None,
        data_key="phoneNumber",
        metadata={"description": "The same, of older versions.", "example": "+8613900001234"},
    )
    recipient = TextField(longest=32, load_default=None, allow_none=True)
    text = HeardTextField(data_key="message", load_default="")
    received_at = fields.String(
        data_key="receivedAt", load_default="", validate=validate.Length(max=64)
    )


class HeardSmsSchema(AppSchema):
    """An event that a phone tells of."""

    event_id = foreign_id(required=True, data_key="id")
    event = TextField(longest=64, required=True, metadata={"example": "sms:received"})
    payload = fields.Nested(HeardPayloadSchema, required=True)

    @ma.post_load
    def make_value(self, payload: Payload, **_: Any) -> Payload:
        """Keep what matters of it."""
        heard = payload["payload"]
        number = heard["sender"] or heard["number"]
        if number is None:
            raise ma.ValidationError({"payload": {"sender": ["Say who wrote."]}})
        value = HeardSms(
            event_id=payload["event_id"],
            event=payload["event"],
            number=number,
            sent_to=heard["recipient"] or "",
            text=heard["text"],
            received_at=heard["received_at"],
        )
        return {"heard": value}
