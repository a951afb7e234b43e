"""What the routes of preferences take and give."""

from __future__ import annotations

from marshmallow import fields, validate

from crm_api.care.terms import BirthdayCalendar, Occasion
from crm_api.kit.schemas import RecordIdField, Schema

EVERYTHING = [str(occasion) for occasion in Occasion]


class NewPreferencesSchema(Schema):
    """What a customer wants to be greeted for."""

    occasions = fields.List(
        fields.Enum(Occasion, by_value=True),
        required=True,
        validate=validate.Length(max=len(Occasion)),
        metadata={
            "description": "None at all: an empty list.",
            "example": ["birthday", "festival"],
        },
    )
    birthday_calendar = fields.Enum(
        BirthdayCalendar,
        by_value=True,
        load_default=BirthdayCalendar.AS_STATED,
        metadata={
            "description": "By which calendar the birthday is greeted, where both days are known: "
            "stated with its year, or by moon beside a solar `birth_on`. Else as stated."
        },
    )


class PreferencesSchema(Schema):
    """What a customer wants to be greeted for. Version 0: nobody asked, so everything."""

    id = RecordIdField(metadata={"description": "The customer's id."})
    version = fields.Integer()
    occasions = fields.List(fields.Enum(Occasion, by_value=True), metadata={"example": EVERYTHING})
    birthday_calendar = fields.Enum(BirthdayCalendar, by_value=True)
