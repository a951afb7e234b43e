"""What the routes about a day's messages take and give."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

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
        metadata={"description": "With all teams beneath it. Needed unless you name a message."},
    )
    occasion = fields.Enum(Occasion, by_value=True, load_default=None, allow_none=True)
    template_id = RecordIdField(load_default=None, allow_none=True)
    message_id = RecordIdField(load_default=None, allow_none=True)
    segment_id = RecordIdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "Those customers of the team who are in this segment now."},
    )
    reason = TextField(shortest=1, longest=500, required=True, metadata={"example": "文字有误"})

    @validates_schema
    def _says_whose(self, sent: dict[str, Any], **_: Any) -> None:
        """Have a team named: whoever means everybody must not hold the own branch only."""
        if sent["team_id"] is None and sent["message_id"] is None:
            raise ValidationError("Name the team whose messages you mean.", "team_id")
        if sent["segment_id"] is not None and sent["message_id"] is not None:
            raise ValidationError("Name a message or a segment.", "segment_id")


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
    segment_id = RecordIdField(allow_none=True)
    reason = fields.String()
    by_id = RecordIdField()
    created_at = MomentField()
    lifted_at = MomentField(allow_none=True)
    lifted_by_id = RecordIdField(allow_none=True)
    lift_reason = fields.String(allow_none=True)


class ListedRulingSchema(RulingSchema):
    """A ruling with who made it, and for which team: a reader may know neither."""

    team_name = fields.String()
    by_name = fields.String(allow_none=True)
    is_from_above = fields.Boolean(
        metadata={"description": "Made for a team above yours: it holds, and is not yours to lift."}
    )


class RulingsQuerySchema(PageQuerySchema):
    """Which rulings are wanted."""

    kind = fields.Enum(RulingKind, by_value=True, load_default=None)
    in_force = fields.Boolean(load_default=None)


class DayQuerySchema(Schema):
    """Whose day is wanted."""

    team_id = RecordIdField(
        load_default=None, metadata={"description": "Your own team if you name none."}
    )


class WaitingSchema(Schema):
    """What waits to go out: one team's messages with the same words."""

    team_id = RecordIdField(metadata={"description": "Right beneath the team asked about, or it."})
    team_name = fields.String()
    occasion = fields.Enum(Occasion, by_value=True)
    festival_key = fields.String(allow_none=True)
    template_id = RecordIdField()
    template_version = fields.Integer()
    messages = fields.Integer()
    segments = fields.Integer(metadata={"description": "What they cost, in SMS parts."})
    held = fields.Integer(metadata={"description": "Will not go out as things stand."})
    sample_text = fields.String(metadata={"description": "One of them, as it would be read."})


class HeldBySchema(Schema):
    """How many of the waiting messages one team's holds stop; two may stop the same one."""

    team_id = RecordIdField()
    team_name = fields.String()
    is_from_above = fields.Boolean(
        metadata={"description": "Held above the team asked about, and lifted only there."}
    )
    messages = fields.Integer()


class RefusedSchema(Schema):
    """How many get no greeting for one reason."""

    team_id = RecordIdField()
    team_name = fields.String()
    occasion = fields.Enum(Occasion, by_value=True)
    reason = fields.String(metadata={"example": "opted_out"})
    count = fields.Integer()


class CareDaySchema(Schema):
    """What waits to go out on a day, and whom the planner found in vain."""

    on = DayField()
    team_id = RecordIdField()
    needs_approval = fields.Boolean(
        metadata={"description": "What no approval covers is held as well."}
    )
    messages = fields.Integer()
    segments = fields.Integer()
    held = fields.Integer()
    waiting = fields.List(fields.Nested(WaitingSchema))
    held_by = fields.List(
        fields.Nested(HeldBySchema),
        metadata={"description": "By which team's holds. Why, and by whom: `…/rulings`."},
    )
    refused = fields.List(fields.Nested(RefusedSchema))


class PlanRunSchema(Schema):
    """One process's sweep over some days, and its numbers."""

    id = RecordIdField()
    worker = fields.String(metadata={"example": "host:4711"})
    first_on = DayField()
    days = fields.Integer()
    created_at = MomentField(metadata={"description": "When it began."})
    ended_at = MomentField(allow_none=True, metadata={"description": "Null: under way, or dead."})
    due = fields.Integer()
    already = fields.Integer(metadata={"description": "Had a message when it began."})
    planned = fields.Integer()
    segments = fields.Integer()
    blocked = fields.Dict(keys=fields.String(), values=fields.Integer())


PlanRunPageSchema = page_schema(PlanRunSchema)
RulingPageSchema = page_schema(ListedRulingSchema)
