"""What a visit taught us of the customer."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from crm_api.calendars.terms import Calendar
from crm_api.customers.terms import (
    AnniversaryKind,
    Channel,
    CommunicationStyle,
    Gender,
    LifeEventKind,
)
from crm_api.kit.schemas import DayField, MomentField, RecordIdField, Schema, TextField

SHORT = 200


def _texts() -> fields.List[Any]:
    return fields.List(TextField(shortest=1, longest=SHORT), validate=validate.Length(max=50))


class AmendmentsSchema(Schema):
    """Facts of the profile as they were found; what is absent stays as it is."""

    birth_on = DayField()
    gender = fields.Enum(Gender, by_value=True)
    interests = _texts()
    traits = _texts()
    small_requests = _texts()
    remarks = TextField(longest=10_000)
    communication_style = fields.Enum(CommunicationStyle, by_value=True, allow_none=True)
    preferred_channel = fields.Enum(Channel, by_value=True, allow_none=True)
    preferred_from = fields.Time(allow_none=True)
    preferred_until = fields.Time(allow_none=True)
    employer = TextField(longest=SHORT)
    title = TextField(longest=SHORT)


class LearnedDaySchema(Schema):
    """A day that matters to the customer."""

    kind = fields.Enum(AnniversaryKind, by_value=True, required=True)
    label = TextField(load_default="", longest=SHORT)
    calendar = fields.Enum(Calendar, by_value=True, load_default=Calendar.SOLAR)
    year = fields.Integer(
        load_default=None, allow_none=True, validate=validate.Range(min=1900, max=2199)
    )
    month = fields.Integer(required=True, validate=validate.Range(min=1, max=12))
    day = fields.Integer(required=True, validate=validate.Range(min=1, max=31))
    is_leap_month = fields.Boolean(truthy={True}, falsy={False}, load_default=False)


class LearnedEventSchema(Schema):
    """Something that happened to the customer, or will: a promotion, a new home, a child born."""

    kind = fields.Enum(LifeEventKind, by_value=True, required=True)
    label = TextField(load_default="", longest=100)
    happened_on = DayField(required=True)


class LearnedFactSchema(Schema):
    """Who learned what, when, where, in which visit. Unchanged where it was confirmed."""

    id = RecordIdField(required=True)
    visit_id = RecordIdField(required=True)
    by_id = RecordIdField(required=True)
    field = fields.String(required=True, metadata={"example": "employer"})
    before = fields.Raw(required=True, allow_none=True)
    after = fields.Raw(required=True, allow_none=True)
    created_at = MomentField(required=True)
    place = fields.String(
        required=True, attribute="visit.place", metadata={"description": "Where it was learned."}
    )
    undone_at = MomentField(
        required=True, allow_none=True, attribute="undoing.created_at", dump_default=None
    )
    undone_by_id = RecordIdField(
        required=True, allow_none=True, attribute="undoing.by_id", dump_default=None
    )
    undone_why = fields.String(
        required=True, allow_none=True, attribute="undoing.reason", dump_default=None
    )


class FactUndoingSchema(Schema):
    """Why something was learned by mistake."""

    reason = TextField(
        required=True, shortest=1, longest=1000, metadata={"example": "That was her sister."}
    )
