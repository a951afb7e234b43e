"""What the routes about a day's messages take and give."""

from __future__ import annotations

from marshmallow import fields

from crm_api.care.approval.terms import RulingKind
from crm_api.care.terms import Occasion
from crm_api.kit.schemas import (
    DayField,
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    TextField,
    page_schema,
)


class NewRulingSchema(Schema):
    """What is held, or may go. What is not named is not asked about: all of it."""

    kind = fields.Enum(RulingKind, by_value=True, required=True)
    team_id = RecordIdField(
        load_default=None,
        metadata={"description": "With all teams beneath it; your own if you name none."},
    )
    occasion = fields.Enum(Occasion, by_value=True, load_default=None, allow_none=True)
    template_id = RecordIdField(load_default=None, allow_none=True)
    message_id = RecordIdField(load_default=None, allow_none=True)
    reason = TextField(shortest=1, longest=500, required=True, metadata={"example": "文字有误"})


class RulingLiftSchema(Schema):
    """Why it no longer holds."""

    reason = TextField(shortest=1, longest=500, required=True, metadata={"example": "已核对"})


class RulingSchema(Schema):
    """A hold on some of a day's messages, or leave for them."""

    id = RecordIdField()
    kind = fields.Enum(RulingKind, by_value=True)
    on = DayField(attribute="on_day")
    team_id = RecordIdField()
    occasion = fields.Enum(Occasion, by_value=True, allow_none=True)
    template_id = RecordIdField(allow_none=True)
    message_id = RecordIdField(allow_none=True)
    reason = fields.String()
    by_id = RecordIdField()
    created_at = MomentField()
    lifted_at = MomentField(allow_none=True)
    lifted_by_id = RecordIdField(allow_none=True)
    lift_reason = fields.String(allow_none=True)


class RulingsQuerySchema(PageQuerySchema):
    """Which rulings are wanted."""

    kind = fields.Enum(RulingKind, by_value=True, load_default=None)
    in_force = fields.Boolean(load_default=None)


RulingPageSchema = page_schema(RulingSchema)
