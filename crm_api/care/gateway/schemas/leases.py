"""Leases, begins and extensions."""

from __future__ import annotations

import re
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from crm_api.care.gateway.schemas.shared import MOST, ValueSchema, code, seconds
from crm_api.care.gateway.values import Held, Wish
from crm_api.care.terms import Encoding, MessageState
from crm_api.kit.ids import is_id
from crm_api.kit.schemas import MomentField, Payload, RecordIdField, Schema, TextField

LONGEST_LEASE = 600
LONGEST_WAIT = 10
_OUR_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,128}")


class LeaseRequestSchema(Schema):
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
    wait_seconds = seconds(
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


class HeldListField(fields.List[Any]):
    """Messages that you hold. This is the hot path: what is plainly right is read at a glance.

    Whatever is not, such as a token that is none of ours, is the schema's to judge and to name.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(fields.Nested(HeldSchema), **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[Any]:
        if isinstance(value, list) and all(map(_is_plain, value)):
            return [Held(**item) for item in value]
        return super()._deserialize(value, *args, **kwargs)


def _is_plain(item: Any) -> bool:
    if not isinstance(item, dict) or item.keys() != {"id", "lease_token"}:
        return False
    id_, token = item["id"], item["lease_token"]
    are_texts = isinstance(id_, str) and isinstance(token, str)
    return are_texts and is_id(id_) and _OUR_TOKEN.fullmatch(token) is not None


class BeginsSchema(Schema):
    """Messages about to be submitted."""

    held = HeldListField(
        required=True, data_key="messages", validate=validate.Length(min=1, max=MOST)
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
    code = code()


class BeginAnswersSchema(Schema):
    """Which messages may be submitted, in the order asked."""

    messages = fields.List(fields.Nested(ItemAnswerSchema))


class ExtensionAnswerSchema(Schema):
    """Until when one message is yours."""

    id = RecordIdField()
    expires_at = MomentField(allow_none=True)
    code = code()


class ExtensionAnswersSchema(Schema):
    """Until when each message is yours, in the order asked."""

    messages = fields.List(fields.Nested(ExtensionAnswerSchema))
