"""What a phone sends at the door."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields, validate

from crm_api.kit.schemas import MomentField, Payload, RecordIdField, Schema, TextField
from crm_api.visits.schemas.plans import LATITUDE, LONGITUDE

AT = {"description": "When it happened; now, if absent.", "example": "2026-03-02T02:01:00Z"}


class PresenceSchema(Schema):
    """When, and where the phone stood."""

    at = MomentField(load_default=None, allow_none=True, metadata=AT)
    latitude = fields.Float(load_default=None, allow_none=True, validate=LATITUDE)
    longitude = fields.Float(load_default=None, allow_none=True, validate=LONGITUDE)
    accuracy_m = fields.Float(
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=0, max=1_000_000),
        metadata={"description": "Radius of 68 % confidence, as the phone gives it."},
    )
    is_mocked = fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=False,
        metadata={"description": "The phone says that its position is made up."},
    )

    @ma.validates_schema
    def check_position(self, payload: Payload, **_: object) -> None:
        """Make sure that a position is whole."""
        if (payload["latitude"] is None) != (payload["longitude"] is None):
            raise ma.ValidationError("Give both coordinates or neither.", "longitude")


class CheckOutSchema(PresenceSchema):
    """That the visit ended."""


class ColleagueArrivalSchema(PresenceSchema):
    """That a colleague who goes along is there."""


class CheckInSchema(PresenceSchema):
    """That somebody arrived."""

    place = TextField(load_default=None, allow_none=True, longest=500)


class NewVisitNoteSchema(Schema):
    """Something to note during a visit."""

    id = RecordIdField(load_default=None, allow_none=True)
    text = TextField(required=True, shortest=1, longest=20_000)


class VisitNoteSchema(Schema):
    """A note."""

    id = RecordIdField(required=True)
    visit_id = RecordIdField(required=True)
    by_id = RecordIdField(required=True)
    text = fields.String(required=True)
    created_at = MomentField(required=True)
