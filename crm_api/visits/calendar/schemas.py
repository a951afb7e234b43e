"""The contract of calendar feeds."""

from __future__ import annotations

from marshmallow import fields, validate

from crm_api.kit.schemas import MomentField, RecordIdField, Schema, TextField, page_schema
from crm_api.visits.calendar.terms import Shown

MOST_OVERLAP_HOURS = 14 * 24


class NewFeedSchema(Schema):
    """A private address for one's own visits."""

    label = TextField(load_default="", longest=100, metadata={"example": "My phone"})
    shows = fields.Enum(
        Shown,
        by_value=True,
        load_default=Shown.TIMES,
        metadata={
            "description": "`times`: when, and nothing else. `places`: also where, and the "
            "customer's surname. Whoever knows the address reads it."
        },
    )


class FeedRotationSchema(Schema):
    """How long the address before goes on."""

    overlap_hours = fields.Integer(
        strict=True,
        load_default=24,
        validate=validate.Range(min=0, max=MOST_OVERLAP_HOURS),
        metadata={"description": "0 where the address fell into wrong hands."},
    )


class FeedSchema(Schema):
    """What is known of a feed; its address is stored nowhere."""

    id = RecordIdField(required=True)
    label = fields.String(required=True)
    shows = fields.Enum(Shown, by_value=True, required=True)
    created_at = MomentField(required=True)
    rotated_at = MomentField(required=True, allow_none=True)
    revoked_at = MomentField(required=True, allow_none=True)
    version = fields.Integer(required=True)


class IssuedFeedSchema(Schema):
    """A feed with its address, shown once."""

    feed = fields.Nested(FeedSchema, required=True)
    url = fields.Url(
        required=True,
        metadata={"description": "Subscribe to it in a calendar; keep it like a password."},
    )


FeedPageSchema = page_schema(FeedSchema)
