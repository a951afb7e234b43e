"""The contract of a meeting pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marshmallow import fields

from crm_api.calendars.terms import Calendar
from crm_api.contact_history.terms import Purpose
from crm_api.customers.terms import Tier
from crm_api.kit.schemas import (
    DayField,
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    page_schema,
)
from crm_api.review.meetings.terms import Risk
from crm_api.visits.cases.schemas import LessonSchema
from crm_api.visits.terms import VisitStatus

if TYPE_CHECKING:
    import marshmallow as ma

TEAM = {"description": "This team and all beneath it; your own, if absent."}
DAY = {"description": "A local day; today, if absent.", "example": "2026-03-03"}


class MeetingQuerySchema(Schema):
    """Which team's meeting, on which day."""

    team_id = RecordIdField(load_default=None, metadata=TEAM)
    on = DayField(load_default=None, metadata=DAY)


class MeetingPageQuerySchema(PageQuerySchema):
    """Which team's meeting, on which day, and which piece of a list."""

    team_id = RecordIdField(load_default=None, metadata=TEAM)
    on = DayField(load_default=None, metadata=DAY)


class MeetingVisitSchema(Schema):
    """A visit to speak of."""

    id = RecordIdField(required=True)
    customer_id = RecordIdField(required=True)
    customer_name = fields.String(required=True)
    tier = fields.Enum(Tier, by_value=True, required=True)
    owner_id = RecordIdField(required=True)
    owner_name = fields.String(required=True)
    starts_at = MomentField(required=True)
    ends_at = MomentField(required=True)
    place = fields.String(required=True)
    purpose = fields.Enum(Purpose, by_value=True, required=True)
    status = fields.Enum(VisitStatus, by_value=True, required=True)
    is_brief_acknowledged = fields.Boolean(required=True)


class MeetingCustomerSchema(Schema):
    """A customer to speak of. Who oversees reads a person's name masked."""

    customer_id = RecordIdField(required=True)
    customer_name = fields.String(required=True)
    tier = fields.Enum(Tier, by_value=True, required=True)
    owner_id = RecordIdField(required=True, allow_none=True)
    owner_name = fields.String(required=True, allow_none=True)


class AtRiskCustomerSchema(MeetingCustomerSchema):
    """Somebody who may be about to leave us."""

    reasons = fields.List(fields.Enum(Risk, by_value=True), required=True)


class BirthdayCustomerSchema(MeetingCustomerSchema):
    """Somebody whose birthday it is, as it stands in the profile."""

    calendar = fields.Enum(Calendar, by_value=True, required=True)
    year = fields.Integer(required=True, allow_none=True)
    month = fields.Integer(required=True)
    day = fields.Integer(required=True)


class NeglectedCustomerSchema(MeetingCustomerSchema):
    """Somebody with whom nobody spoke for longer than the tier allows."""

    last_two_way_at = MomentField(required=True, allow_none=True)
    days_silent = fields.Integer(
        required=True,
        metadata={"description": "Since we last spoke, or since we know the customer."},
    )


MeetingVisitPageSchema = page_schema(MeetingVisitSchema)
AtRiskCustomerPageSchema = page_schema(AtRiskCustomerSchema)
BirthdayCustomerPageSchema = page_schema(BirthdayCustomerSchema)
NeglectedCustomerPageSchema = page_schema(NeglectedCustomerSchema)


def _part_schema(item: type[ma.Schema]) -> type[ma.Schema]:
    name = item.__name__.removesuffix("Schema").removeprefix("Meeting")
    return Schema.from_dict(
        {
            "count": fields.Integer(required=True),
            "items": fields.List(fields.Nested(item), required=True),
            "next_cursor": fields.String(required=True, allow_none=True),
        },
        name=f"Meeting{name}PartSchema",
    )


MeetingVisitPartSchema = _part_schema(MeetingVisitSchema)


def _part(schema: type[ma.Schema], *, more: str) -> fields.Nested:
    metadata = {"description": f"`GET {more}` goes on from `next_cursor`."}
    return fields.Nested(schema, required=True, metadata=metadata)


PATH = "/v1/review/meeting-pack"


class MeetingPackSchema(Schema):
    """All that a team goes through in the morning; of each list its number and first rows."""

    team_id = RecordIdField(required=True)
    team_name = fields.String(required=True)
    on = DayField(required=True)
    due_visits = _part(MeetingVisitPartSchema, more=f"{PATH}/due-visits")
    unclosed_visits = _part(MeetingVisitPartSchema, more=f"{PATH}/unclosed-visits")
    at_risk = _part(_part_schema(AtRiskCustomerSchema), more=f"{PATH}/at-risk")
    birthdays = _part(_part_schema(BirthdayCustomerSchema), more=f"{PATH}/birthdays")
    neglected = _part(_part_schema(NeglectedCustomerSchema), more=f"{PATH}/neglected")
    lessons_from = MomentField(required=True)
    lessons_to = MomentField(required=True)
    lessons = _part(_part_schema(LessonSchema), more="/v1/lessons")
