"""Answers, reports, and what became of a message."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from crm_api.care.gateway.schemas.leases import ItemAnswerSchema
from crm_api.care.gateway.schemas.shared import ValueSchema, batch, foreign_id, seconds
from crm_api.care.gateway.terms import AckResult, ReportOutcome, ReportStatus, Settlement
from crm_api.care.gateway.values import Ack, Report
from crm_api.care.terms import MessageState
from crm_api.kit.schemas import MomentField, Payload, RecordIdField, Schema, TextField


class AckSchema(ValueSchema):
    """What you know of a message that you hold."""

    value = Ack
    id = RecordIdField(required=True)
    lease_token = TextField(shortest=1, longest=128, required=True)
    result = fields.Enum(AckResult, by_value=True, required=True)
    provider_id = foreign_id(load_default=None, allow_none=True)
    error = TextField(longest=200, load_default="")
    retry_after = seconds(
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

    acks = batch(AckSchema)


class AckAnswersSchema(Schema):
    """What became of each message, in the order told."""

    acks = fields.List(fields.Nested(ItemAnswerSchema))


class DeliveryReportSchema(ValueSchema):
    """What the network says of a message, or of one part of it."""

    value = Report
    report_id = foreign_id(required=True)
    message_id = RecordIdField(load_default=None, allow_none=True)
    provider_id = foreign_id(load_default=None, allow_none=True)
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


class DeliveryReportsSchema(Schema):
    """Reports in any order."""

    reports = batch(DeliveryReportSchema)


class ReportAnswerSchema(Schema):
    """What one report changed."""

    report_id = fields.String()
    outcome = fields.Enum(ReportOutcome, by_value=True)


class ReportAnswersSchema(Schema):
    """What each report changed, in the order told."""

    reports = fields.List(fields.Nested(ReportAnswerSchema))


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


class MessageSettlementSchema(Schema):
    """What a person found out about an uncertain message."""

    outcome = fields.Enum(Settlement, by_value=True, required=True)
    note = TextField(shortest=1, longest=200, required=True, metadata={"example": "客户确认已收到"})
