"""The queries that Kannel fills in."""

from __future__ import annotations

from marshmallow import fields, validate

from crm_api.care.compat.schemas.heard import HeardTextField
from crm_api.care.gateway.schemas.replies import SenderField
from crm_api.care.gateway.schemas.shared import foreign_id
from crm_api.kit.schemas import RecordIdField, Schema, TextField

LARGEST_MASK = 255


class KannelReportSchema(Schema):
    """A delivery report."""

    message_id = RecordIdField(required=True, data_key="id")
    mask = fields.Integer(
        required=True,
        data_key="s",
        validate=validate.Range(min=1, max=LARGEST_MASK),
        metadata={
            "description": "Bits: 1 delivered, 2 failed, 4 buffered, 8 accepted, 16 rejected.",
            "example": 8,
        },
    )


class KannelReplySchema(Schema):
    """What a customer wrote."""

    number = SenderField(
        shortest=1,
        longest=32,
        required=True,
        data_key="from",
        metadata={"example": "+8613900001234"},
    )
    sent_to = TextField(longest=32, required=True, data_key="to", metadata={"example": "10690000"})
    text = HeardTextField(required=True, metadata={"example": "TD"})
    inbound_id = foreign_id(required=True, data_key="id")
