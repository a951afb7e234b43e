"""The contract of case cards and lessons."""

from __future__ import annotations

from datetime import timedelta

import marshmallow as ma
from marshmallow import fields

from crm_api.contact_history.terms import Purpose
from crm_api.kit.schemas import (
    MomentField,
    PageQuerySchema,
    Payload,
    RecordIdField,
    Schema,
    TextField,
)
from crm_api.visits.cases.terms import CardStatus

LONG = 4000
LONGEST_SPAN = timedelta(days=92)


class NewCaseCardSchema(Schema):
    """A case to propose. Personal data is taken out before it is kept; read what comes back."""

    id = RecordIdField(load_default=None, allow_none=True)
    visit_id = RecordIdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "Where it comes from; readers are not told."},
    )
    title = TextField(
        required=True, shortest=1, longest=200, metadata={"example": "先听完，再算账"}
    )
    situation = TextField(required=True, shortest=1, longest=LONG)
    action = TextField(required=True, shortest=1, longest=LONG)
    result = TextField(required=True, shortest=1, longest=LONG)
    lesson = TextField(required=True, shortest=1, longest=LONG)


class CaseCardChangesSchema(Schema):
    """The case in other words."""

    title = TextField(shortest=1, longest=200)
    situation = TextField(shortest=1, longest=LONG)
    action = TextField(shortest=1, longest=LONG)
    result = TextField(shortest=1, longest=LONG)
    lesson = TextField(shortest=1, longest=LONG)


class CaseCardSharingSchema(Schema):
    """That a second person read the card and gives it to a team."""

    digest = fields.String(
        required=True,
        validate=ma.validate.Length(equal=64),
        metadata={"description": "Of the card as it was read.", "example": "0" * 64},
    )
    team_id = RecordIdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "With this team and all beneath it; your own, if absent."},
    )
    note = TextField(load_default="", longest=1000)


class CaseCardRefusalSchema(Schema):
    """Why the card goes back to its author."""

    reason = TextField(required=True, shortest=1, longest=1000)


class CaseCardSchema(Schema):
    """A case that all may learn from, without a word of whose it was."""

    id = RecordIdField(required=True)
    team_id = RecordIdField(required=True)
    by_id = RecordIdField(required=True)
    title = fields.String(required=True)
    situation = fields.String(required=True)
    action = fields.String(required=True)
    result = fields.String(required=True)
    lesson = fields.String(required=True)
    digest = fields.String(required=True)
    status = fields.Enum(CardStatus, by_value=True, required=True)
    decided_by_id = RecordIdField(required=True, allow_none=True)
    decided_at = MomentField(required=True, allow_none=True)
    decision_note = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True)
    created_at = MomentField(required=True)


class CaseCardQuerySchema(PageQuerySchema):
    """Which case cards are wanted."""

    status = fields.Enum(CardStatus, by_value=True, load_default=None)
    by_id = RecordIdField(load_default=None)


class RetrospectiveSharingSchema(Schema):
    """Whether the team hears of it."""

    is_shared = fields.Boolean(required=True, truthy={True}, falsy={False})


class LessonSchema(Schema):
    """What a colleague's visit taught, without a word of whom it was to."""

    by_name = fields.String(required=True)
    purpose = fields.Enum(Purpose, by_value=True, required=True)
    recorded_at = MomentField(required=True)
    went_well = fields.String(required=True)
    went_badly = fields.String(required=True)
    next_time = fields.String(required=True)


class LessonQuerySchema(PageQuerySchema):
    """Of which time, and of which team, lessons are wanted."""

    team_id = RecordIdField(load_default=None)
    start = MomentField(
        required=True, data_key="from", metadata={"example": "2026-03-03T00:00:00Z"}
    )
    end = MomentField(required=True, data_key="to", metadata={"example": "2026-03-04T00:00:00Z"})

    @ma.validates_schema
    def check_span(self, payload: Payload, **_: object) -> None:
        """Make sure that the span is one, and not too long."""
        if not timedelta() < payload["end"] - payload["start"] <= LONGEST_SPAN:
            raise ma.ValidationError("Give a span of at most 92 days.", "to")
