"""What the calendar's routes take and give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import marshmallow as ma
from marshmallow import fields, validate

from crm_api.calendars.policies.lunar import TERMS
from crm_api.calendars.terms import DateRule, Tone
from crm_api.kit.schemas import DayField, MomentField, RecordIdField, Schema, TextField

if TYPE_CHECKING:
    from crm_api.kit.schemas import Payload

LONGEST_NOTICE = 120
CLOCK_TIME = "%H:%M"


class DaysQuerySchema(Schema):
    """Which days are wanted."""

    start = DayField(
        data_key="from",
        required=True,
        metadata={"description": "The first local day.", "example": "2026-02-16"},
    )
    end = DayField(
        data_key="to",
        required=True,
        metadata={"description": "The last local day, included.", "example": "2026-02-22"},
    )


class LunarDateSchema(Schema):
    """A day of the lunar calendar."""

    year = fields.Integer(metadata={"example": 2026})
    month = fields.Integer(metadata={"example": 1})
    day = fields.Integer(metadata={"example": 1})
    is_leap = fields.Boolean(metadata={"description": "Whether the month is a leap month."})
    text = fields.String(metadata={"example": "正月初一"})


class FestivalDaySchema(Schema):
    """A festival on its day."""

    on = DayField()
    key = fields.String(metadata={"example": "spring_festival"})
    name = fields.String(metadata={"example": "春节"})
    name_en = fields.String(metadata={"example": "Spring Festival"})
    tone = fields.Enum(Tone, by_value=True)
    rank = fields.Integer(metadata={"description": "1 comes before 2."})
    is_solemn = fields.Boolean(metadata={"description": "Nobody is greeted on a solemn day."})


class WorkSpanSchema(Schema):
    """Hours worked without a break."""

    starts_at = fields.Time(format=CLOCK_TIME, metadata={"example": "09:00"})
    ends_at = fields.Time(format=CLOCK_TIME, metadata={"example": "12:00"})


class DaySchema(Schema):
    """All that the calendar says of one local day."""

    on = DayField()
    lunar = fields.Nested(LunarDateSchema)
    festivals = fields.List(fields.Nested(FestivalDaySchema))
    is_solemn = fields.Boolean()
    is_workday = fields.Boolean()
    is_arrangement_known = fields.Boolean(
        metadata={"description": "False while the year's make-up workdays are only guessed."}
    )
    working_hours = fields.List(fields.Nested(WorkSpanSchema))
    starts_at = MomentField(metadata={"description": "The day's first moment."})
    ends_at = MomentField(metadata={"description": "The next day's first moment."})


class DaysSchema(Schema):
    """The days asked for, in order."""

    items = fields.List(fields.Nested(DaySchema))


class FestivalsQuerySchema(Schema):
    """Of which year the festivals are wanted."""

    year = fields.Integer(
        load_default=None,
        validate=validate.Range(min=1901, max=2099),
        metadata={"description": "A solar year; the current one unless given.", "example": 2026},
    )


class FestivalsSchema(Schema):
    """A year's festivals, by day and rank."""

    items = fields.List(fields.Nested(FestivalDaySchema))


class ArrangedDaySchema(Schema):
    """A day that the notice names."""

    on = DayField(required=True, metadata={"example": "2027-02-14"})
    is_workday = fields.Boolean(required=True, truthy={True}, falsy={False})
    name = TextField(longest=40, load_default="", metadata={"example": "春节调休"})


class ArrangementSchema(Schema):
    """The notice on a year's days off and make-up workdays, complete."""

    source = TextField(
        longest=200, shortest=1, required=True, metadata={"example": "国办发明电[2026]7号"}
    )
    days = fields.List(
        fields.Nested(ArrangedDaySchema),
        required=True,
        validate=validate.Length(min=1, max=LONGEST_NOTICE),
        metadata={
            "description": "Every weekday that is off and every weekend day that is worked. "
            "Days that are not named follow the week."
        },
    )


class ArrangementFileSchema(ArrangementSchema):
    """A year's notice as a file. TOML has days of its own, JSON writes them as text."""

    year = fields.Integer(required=True, validate=validate.Range(min=1950, max=2099))

    @ma.pre_load
    def write_days(self, content: Payload, **_: Any) -> Payload:
        """Take TOML's days as they are."""
        days = [{**day, "on": str(day.get("on"))} for day in content.get("days", [])]
        return {**content, "days": days}


class FestivalFileItemSchema(Schema):
    """A festival, and how it finds its day."""

    key = RecordIdField(required=True)
    name = TextField(longest=40, shortest=1, required=True)
    name_en = TextField(longest=40, shortest=1, required=True)
    rule = fields.Enum(DateRule, by_value=True, required=True)
    month = fields.Integer(load_default=None, validate=validate.Range(min=1, max=12))
    day = fields.Integer(load_default=None, validate=validate.Range(min=1, max=31))
    term = fields.String(load_default=None, validate=validate.OneOf(TERMS))
    tone = fields.Enum(Tone, by_value=True, required=True)
    rank = fields.Integer(required=True, validate=validate.Range(min=1, max=99))

    @ma.validates_schema
    def check_date(self, content: Payload, **_: Any) -> None:
        """Have a solar term where the rule says so, and a month and a day otherwise."""
        is_dated = content["month"] is not None and content["day"] is not None
        has_term = content["term"] is not None
        if has_term == is_dated or has_term != (content["rule"] is DateRule.SOLAR_TERM):
            raise ma.ValidationError("Give a term for a solar term, else a month and a day.")


class FestivalFileSchema(Schema):
    """Festivals of the organisation's own as a file."""

    festivals = fields.List(fields.Nested(FestivalFileItemSchema), required=True)


class KnownArrangementSchema(ArrangementSchema):
    """A year's notice as it was loaded."""

    year = fields.Integer()
    loaded_at = MomentField()
