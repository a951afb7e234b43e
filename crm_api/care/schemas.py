"""What care's routes take and give."""

from __future__ import annotations

from marshmallow import fields, validate
from webargs.fields import DelimitedList

from crm_api.care.terms import Encoding, MessageState, Occasion
from crm_api.customers.policies.masking import mask_phone
from crm_api.customers.terms import Category, Tier
from crm_api.kit.schemas import (
    DayField,
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    TextField,
    page_schema,
)


class MessageFiltersSchema(Schema):
    """Which messages are meant, wherever messages are listed or counted."""

    first = DayField(data_key="from", metadata={"description": "For this local day, or later."})
    last = DayField(data_key="to", metadata={"description": "For this local day, or earlier."})
    team_id = RecordIdField(
        metadata={"description": "To customers of this team, or of one beneath it, as of today."}
    )
    tier = fields.Enum(
        Tier, by_value=True, metadata={"description": "The tier by which it was last judged."}
    )
    occasion = fields.Enum(Occasion, by_value=True)
    festival_key = fields.String(
        validate=validate.Length(max=64), metadata={"example": "mid_autumn"}
    )
    template_id = RecordIdField()
    template_version = fields.Integer(validate=validate.Range(min=1, max=2**31 - 1))
    states = DelimitedList(
        fields.Enum(MessageState, by_value=True),
        data_key="state",
        metadata={"description": "One state, or several with commas between them."},
    )
    reason = fields.String(
        validate=validate.Length(max=1000),
        metadata={"description": "The reason that stands with the state; may be empty."},
    )


class MessageQuerySchema(MessageFiltersSchema, PageQuerySchema):
    """Which messages are wanted."""

    on_day = DayField(data_key="on", metadata={"description": "The local day it is for."})
    customer_id = RecordIdField()
    is_held = fields.Boolean(metadata={"description": "A manager's ruling keeps it back, or not."})
    is_sent = fields.Boolean(metadata={"description": "The network took it, or not."})
    has_opted_out = fields.Boolean(
        metadata={
            "description": "It was the last thing that the number got in the 7 days before an"
            " opt-out, or not."
        }
    )


class MessageSchema(Schema):
    """A message in the outbox, and what became of it."""

    id = RecordIdField()
    state = fields.Enum(MessageState, by_value=True)
    reason = fields.String(metadata={"description": "Why it ended so; empty while on its way."})
    customer_id = RecordIdField()
    slot_id = RecordIdField()
    occasion = fields.Enum(Occasion, by_value=True)
    festival_key = fields.String(allow_none=True)
    occurrence = fields.String(metadata={"example": "birthday:2026:0198c6"})
    on = DayField(attribute="on_day")
    category = fields.Enum(Category, by_value=True)
    template_id = RecordIdField()
    template_version = fields.Integer()
    priority = fields.Integer(metadata={"description": "The class it competes in; lower wins."})
    winner_slot_id = RecordIdField(
        allow_none=True,
        metadata={"description": "The contact that took its moment, or says it as well."},
    )
    due_at = MomentField()
    send_before = MomentField(metadata={"description": "Its last useful moment."})
    to = fields.Function(
        lambda message: mask_phone(message.number),
        metadata={"type": "string", "description": "The number, masked."},
    )
    text = fields.String()
    encoding = fields.Enum(Encoding, by_value=True)
    segments = fields.Integer(metadata={"description": "In how many parts it should travel."})
    sent_segments = fields.Integer(
        allow_none=True, metadata={"description": "In how many it did, where the gateway said so."}
    )
    attempt = fields.Integer(metadata={"description": "How often a gateway began to send it."})
    submitted_at = MomentField(allow_none=True)
    ended_at = MomentField(allow_none=True)
    created_at = MomentField()


class CancellationSchema(Schema):
    """Why a message is taken back."""

    reason = TextField(shortest=1, longest=200, required=True, metadata={"example": "在服丧"})


class CountSchema(Schema):
    """How many stand alike."""

    name = fields.String(metadata={"example": "no_phone"})
    count = fields.Integer(metadata={"example": 3})


class OccasionPreviewSchema(Schema):
    """How one occasion of the day stands."""

    occasion = fields.Enum(Occasion, by_value=True)
    festival_key = fields.String(allow_none=True)
    festival_name = fields.String(allow_none=True, metadata={"example": "中秋节"})
    due = fields.Integer(metadata={"description": "Customers whose occasion it is."})
    open = fields.Integer(
        metadata={"description": "Not planned yet and not stopped; the governor is still to judge."}
    )
    messages = fields.List(
        fields.Nested(CountSchema), metadata={"description": "Planned messages by state."}
    )
    reasons = fields.List(
        fields.Nested(CountSchema), metadata={"description": "Why others get none, by reason."}
    )


class DayPreviewSchema(Schema):
    """How the care of a day stands, as far as the reader may see the customers."""

    on = DayField()
    is_solemn = fields.Boolean(metadata={"description": "Nobody is greeted on a solemn day."})
    occasions = fields.List(fields.Nested(OccasionPreviewSchema))


MessagePageSchema = page_schema(MessageSchema)
