"""What people look through: messages that are stuck, reports that match nothing."""

from __future__ import annotations

from marshmallow import fields, validate

from crm_api.care.gateway.terms import ReportStatus
from crm_api.care.terms import MessageState, Occasion
from crm_api.customers.policies.masking import mask_phone
from crm_api.kit.schemas import (
    DayField,
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    page_schema,
)

STUCK = (MessageState.UNCERTAIN, MessageState.DEAD)


class StuckQuerySchema(PageQuerySchema):
    """Which messages are wanted of those that nobody can move on."""

    state = fields.Enum(
        MessageState, by_value=True, load_default=None, validate=validate.OneOf(STUCK)
    )
    due_before = MomentField(load_default=None, metadata={"description": "Only older ones."})
    gateway_id = RecordIdField(load_default=None)
    team_id = RecordIdField(
        load_default=None, metadata={"description": "Of this team and all beneath it."}
    )


class StuckMessageSchema(Schema):
    """A message that may have been sent, or that nobody managed to send."""

    id = RecordIdField()
    state = fields.Enum(MessageState, by_value=True)
    reason = fields.String(metadata={"example": "gateway_silent"})
    customer_id = RecordIdField()
    team_id = RecordIdField()
    to = fields.Function(
        lambda row: mask_phone(row.number),
        metadata={"type": "string", "description": "The number, masked."},
    )
    text = fields.String()
    occasion = fields.Enum(Occasion, by_value=True)
    on = DayField(attribute="on_day")
    due_at = MomentField()
    begun_at = MomentField(allow_none=True, metadata={"description": "Of the last attempt."})
    attempt = fields.Integer(metadata={"description": "How often a gateway began to send it."})
    idle_leases = fields.Integer(metadata={"description": "Since then, leases without a begin."})
    gateway_id = RecordIdField(allow_none=True)
    gateway_name = fields.String(allow_none=True)
    worker = fields.String(attribute="lease_worker")
    provider_id = fields.String(allow_none=True, metadata={"description": "Of the last attempt."})
    error = fields.String(allow_none=True, metadata={"description": "Of the last attempt."})


class UnmatchedQuerySchema(PageQuerySchema):
    """Which reports are wanted of those that match nothing."""

    gateway_id = RecordIdField(load_default=None)
    stored_before = MomentField(load_default=None, metadata={"description": "Only older ones."})


class UnmatchedReportSchema(Schema):
    """A report that waits for its message to be known."""

    id = RecordIdField()
    gateway_id = RecordIdField()
    report_id = fields.String()
    message_id = RecordIdField(allow_none=True, metadata={"description": "As the gateway says."})
    provider_id = fields.String(allow_none=True)
    part = fields.Integer()
    parts = fields.Integer()
    status = fields.Enum(ReportStatus, by_value=True)
    raw = fields.String()
    at = MomentField(attribute="reported_at")
    stored_at = MomentField(attribute="created_at")


StuckMessagePageSchema = page_schema(StuckMessageSchema)
UnmatchedReportPageSchema = page_schema(UnmatchedReportSchema)
