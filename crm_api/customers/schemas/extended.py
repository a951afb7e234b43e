"""The contract of the extended profile, its dates and its wishes."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from crm_api.calendars.terms import Calendar
from crm_api.customers.schemas.fields import (
    OWN_ID,
    enum_field,
    learned_by_field,
    require_distinct,
    words_field,
)
from crm_api.customers.terms import AnniversaryKind, Category, Channel, CommunicationStyle
from crm_api.kit.schemas import (
    DayField,
    MomentField,
    Payload,
    RecordIdField,
    Schema,
    TextField,
    page_schema,
)

FIRST_YEAR = 1900
LAST_YEAR = 2100


def require_both(payload: Payload, start: str, end: str) -> None:
    """Make sure that hours have a beginning and an end.

    :raises ValidationError: if one is missing or they are the same
    """
    given = {name: payload.get(name) for name in (start, end) if name in payload}
    if len(given) == 1 or len({value is None for value in given.values()}) > 1:
        raise ma.ValidationError(f"Give both {start} and {end}, or neither.")
    if None not in given.values() and len(set(given.values())) == 1:
        raise ma.ValidationError("The hours must not end when they begin.", end)


class ExtendedProfileChangesSchema(Schema):
    """What is to be mended of an extended profile; what is not named stays."""

    interests = words_field(metadata={"example": ["calligraphy", "hiking"]})
    traits = words_field(metadata={"example": ["punctual"]})
    small_requests = words_field(metadata={"example": ["bring a paper bill"]})
    remarks = TextField(longest=4000)
    communication_style = enum_field(CommunicationStyle, allow_none=True)
    preferred_channel = enum_field(Channel, allow_none=True)
    preferred_from = fields.Time(allow_none=True, metadata={"example": "10:00:00"})
    preferred_until = fields.Time(allow_none=True, metadata={"example": "12:00:00"})
    employer = TextField(longest=200)
    title = TextField(longest=100)
    learned_by = learned_by_field()

    @ma.validates_schema
    def require_hours(self, payload: Payload, **_: Any) -> None:
        """Make sure that preferred hours are whole."""
        require_both(payload, "preferred_from", "preferred_until")


class ExtendedProfileSchema(Schema):
    """What makes the customer a person (扩展信息). Version 0: nothing was noted yet."""

    id = RecordIdField(metadata={"description": "The customer's id."})
    version = fields.Integer()
    interests = fields.List(fields.String())
    traits = fields.List(fields.String())
    small_requests = fields.List(fields.String())
    remarks = fields.String()
    communication_style = enum_field(CommunicationStyle, allow_none=True)
    preferred_channel = enum_field(Channel, allow_none=True)
    preferred_from = fields.Time(allow_none=True)
    preferred_until = fields.Time(allow_none=True)
    employer = fields.String()
    title = fields.String()


class AnniversaryChangesSchema(Schema):
    """What is to be mended of an anniversary; what is not named stays."""

    label = TextField(longest=100, metadata={"example": "opening of the tea house"})
    calendar = enum_field(Calendar)
    year = fields.Integer(
        strict=True,
        allow_none=True,
        validate=validate.Range(min=FIRST_YEAR, max=LAST_YEAR),
        metadata={"description": "Of its calendar; null where nobody knows it."},
    )
    month = fields.Integer(strict=True, validate=validate.Range(min=1, max=12))
    day = fields.Integer(strict=True, validate=validate.Range(min=1, max=31))
    is_leap_month = fields.Boolean()
    is_greeted = fields.Boolean(
        metadata={"description": "False where the customer wants no greeting."}
    )


class NewAnniversarySchema(AnniversaryChangesSchema):
    """A day to be remembered."""

    id = RecordIdField(metadata=OWN_ID)
    kind = enum_field(AnniversaryKind, required=True)
    month = fields.Integer(strict=True, required=True, validate=validate.Range(min=1, max=12))
    day = fields.Integer(strict=True, required=True, validate=validate.Range(min=1, max=31))


class AnniversarySchema(Schema):
    """A day of the year that matters to a customer."""

    id = RecordIdField()
    version = fields.Integer()
    customer_id = RecordIdField()
    kind = enum_field(AnniversaryKind)
    label = fields.String()
    calendar = enum_field(Calendar)
    year = fields.Integer(allow_none=True)
    month = fields.Integer()
    day = fields.Integer()
    is_leap_month = fields.Boolean()
    is_greeted = fields.Boolean()
    is_stated = fields.Boolean(
        metadata={"description": "False for a birthday that merely follows `birth_on`."}
    )
    confirmed_at = MomentField(
        allow_none=True, metadata={"description": "When somebody asked whether the date is right."}
    )
    confirmed_by_id = RecordIdField(allow_none=True)


AnniversaryPageSchema = page_schema(AnniversarySchema)


class NewWishSchema(Schema):
    """A do-not-disturb wish. What is left out is not limited."""

    id = RecordIdField(metadata=OWN_ID)
    channels = fields.List(
        enum_field(Channel), allow_none=True, validate=[validate.Length(min=1), require_distinct]
    )
    categories = fields.List(
        enum_field(Category), allow_none=True, validate=[validate.Length(min=1), require_distinct]
    )
    quiet_from = fields.Time(allow_none=True, metadata={"example": "12:00:00"})
    quiet_until = fields.Time(
        allow_none=True,
        metadata={"description": "Not included; may lie after midnight.", "example": "14:00:00"},
    )
    ends_on = DayField(
        allow_none=True, metadata={"description": "The last day; null until lifted."}
    )
    note = TextField(longest=500)

    @ma.validates_schema
    def require_hours(self, payload: Payload, **_: Any) -> None:
        """Make sure that quiet hours are whole."""
        require_both(payload, "quiet_from", "quiet_until")


class WishSchema(Schema):
    """A do-not-disturb wish (免打扰)."""

    id = RecordIdField()
    customer_id = RecordIdField()
    channels = fields.List(fields.String(), allow_none=True)
    categories = fields.List(fields.String(), allow_none=True)
    quiet_from = fields.Time(allow_none=True)
    quiet_until = fields.Time(allow_none=True)
    ends_on = DayField(allow_none=True)
    note = fields.String()
    by_id = RecordIdField(allow_none=True)
    created_at = MomentField()
    lifted_at = MomentField(allow_none=True)
    lifted_by_id = RecordIdField(allow_none=True)


WishPageSchema = page_schema(WishSchema)
