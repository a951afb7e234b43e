"""The contract of proposals and rounds."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, post_load, validate

from crm_api.customers.places.schemas import (
    PlaceSchema,
    latitude_field,
    longitude_field,
    require_point,
)
from crm_api.customers.terms import Category, Kind, Tier
from crm_api.kit.paging import MAX_LIMIT
from crm_api.kit.schemas import DayField, MomentField, Payload, RecordIdField, Schema
from crm_api.preparation.days.terms import LeftOut, ReasonCode
from crm_api.visits.policies.check_in import Position

MOST_CALLS = 30
STEP_MINUTES = 5


def owner_field() -> RecordIdField:
    """Return a field for whose day it is."""
    return RecordIdField(
        load_default=None,
        metadata={"description": "An account manager; yourself, if you are one."},
    )


def category_field() -> fields.Enum[Any]:
    """Return a field for what a visit is for: we come of our own accord, unless told."""
    return fields.Enum(Category, by_value=True, load_default=Category.CARE)


def minutes_field() -> fields.Integer:
    """Return a field for how long a visit takes."""

    def in_steps(value: int) -> None:
        if value % STEP_MINUTES:
            raise ma.ValidationError(f"In steps of {STEP_MINUTES} minutes.")

    return fields.Integer(
        strict=True,
        load_default=45,
        validate=[validate.Range(min=STEP_MINUTES, max=8 * 60), in_steps],
        metadata={"example": 45},
    )


class ProposalQuerySchema(Schema):
    """Whom to propose, for which day."""

    on = DayField(required=True, metadata={"example": "2026-03-04"})
    owner_id = owner_field()
    category = category_field()
    limit = fields.Integer(
        load_default=20,
        validate=validate.Range(min=1, max=MAX_LIMIT),
        metadata={"description": "How many of the most urgent."},
    )
    only_allowed = fields.Boolean(
        load_default=True,
        metadata={"description": "False: also who may not be visited that day, and why not."},
    )


class VisitReasonSchema(Schema):
    """What speaks for a visit, or with points below zero against it."""

    code = fields.Enum(ReasonCode, by_value=True, required=True)
    points = fields.Integer(required=True)
    days = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Of silence; else until the day `on`, below zero once past."},
    )
    on = DayField(required=True, allow_none=True)
    label = fields.String(required=True, allow_none=True)
    record_id = RecordIdField(
        required=True, allow_none=True, metadata={"description": "Of the promise or follow-up."}
    )


class VisitOpeningSchema(Schema):
    """A visit may begin at any quarter of an hour from the first moment to the last."""

    first_at = MomentField(required=True)
    last_at = MomentField(required=True)


class VisitProposalSchema(Schema):
    """Somebody to visit."""

    customer_id = RecordIdField(required=True, attribute="candidate.customer_id")
    name = fields.String(required=True, attribute="candidate.name")
    kind = fields.Enum(Kind, by_value=True, required=True, attribute="candidate.kind")
    tier = fields.Enum(Tier, by_value=True, required=True, attribute="candidate.tier")
    owner_id = RecordIdField(required=True, allow_none=True, attribute="candidate.owner_id")
    last_two_way_at = MomentField(
        required=True, allow_none=True, attribute="candidate.last_two_way_at"
    )
    last_visit_at = MomentField(required=True, allow_none=True, attribute="candidate.last_visit_at")
    score = fields.Integer(
        required=True,
        attribute="candidate.score",
        metadata={"description": "The points of all reasons together."},
    )
    reasons = fields.List(
        fields.Nested(VisitReasonSchema), required=True, attribute="candidate.reasons"
    )
    place = fields.Nested(PlaceSchema, required=True, allow_none=True)
    is_allowed = fields.Boolean(required=True)
    openings = fields.List(
        fields.Nested(VisitOpeningSchema), required=True, attribute="openings.spans"
    )
    blocked_by = fields.List(
        fields.String(),
        required=True,
        attribute="openings.blocked_by",
        metadata={"description": "What stands in the way when the day's work begins."},
    )
    next_allowed_at = MomentField(
        required=True, allow_none=True, attribute="openings.next_allowed_at"
    )


class VisitProposalsSchema(Schema):
    """Whom to visit, the most urgent first."""

    on = DayField(required=True)
    is_workday = fields.Boolean(required=True)
    items = fields.List(fields.Nested(VisitProposalSchema), required=True)


class MapPointSchema(Schema):
    """A point on the map."""

    latitude = latitude_field(required=True)
    longitude = longitude_field(required=True)

    @ma.validates_schema
    def check_point(self, payload: Payload, **_: Any) -> None:
        """Make sure that the point is whole."""
        require_point(payload)

    @post_load
    def make_position(self, payload: Payload, **_: Any) -> Position:
        """Hand on the point."""
        return Position(payload["latitude"], payload["longitude"])


class RoundCallSchema(Schema):
    """Somebody to be called on."""

    customer_id = RecordIdField(required=True)
    place_id = RecordIdField(
        load_default=None, allow_none=True, metadata={"description": "Else the primary place."}
    )
    minutes = minutes_field()
    category = category_field()


class RoundRequestSchema(Schema):
    """The calls of a day, to be put into an order."""

    on = DayField(required=True, metadata={"example": "2026-03-04"})
    owner_id = owner_field()
    start = fields.Nested(
        MapPointSchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "Where the day begins; else at the first call."},
    )
    calls = fields.List(
        fields.Nested(RoundCallSchema), required=True, validate=validate.Length(max=MOST_CALLS)
    )

    @ma.validates_schema
    def check_calls(self, payload: Payload, **_: Any) -> None:
        """Make sure that nobody is called on twice."""
        ids = [call["customer_id"] for call in payload["calls"]]
        if len(set(ids)) < len(ids):
            raise ma.ValidationError("Name each customer only once.", "calls")


class RoundStopSchema(Schema):
    """A call with its time. Fixed ones are visits that stand already."""

    customer_id = RecordIdField(required=True, attribute="call.customer_id")
    is_fixed = fields.Boolean(required=True, attribute="call.is_fixed")
    visit_id = RecordIdField(allow_none=True, attribute="call.visit.id", dump_default=None)
    place_id = RecordIdField(required=True, allow_none=True, attribute="call.place_id")
    place = fields.String(required=True, allow_none=True, attribute="call.place")
    starts_at = MomentField(required=True)
    ends_at = MomentField(required=True)
    way_metres = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Along the great circle from the stop before; null: unknown."},
    )
    way_minutes = fields.Integer(required=True)
    is_tight = fields.Boolean(
        required=True, metadata={"description": "The way takes longer than there is time for it."}
    )


class RoundOmissionSchema(Schema):
    """Somebody for whom the day has no place."""

    customer_id = RecordIdField(required=True)
    why = fields.Enum(
        LeftOut,
        by_value=True,
        required=True,
        metadata={
            "description": "`blocked` that day; `crowded_out`: no time left; `blocked_beside`: "
            "allowed, but not beside the other calls."
        },
    )
    blocked_by = fields.List(fields.String(), required=True)
    next_allowed_at = MomentField(required=True, allow_none=True)


class VisitRoundSchema(Schema):
    """A day's round in order. Nothing of it is stored."""

    on = DayField(required=True)
    stops = fields.List(fields.Nested(RoundStopSchema), required=True)
    left_out = fields.List(fields.Nested(RoundOmissionSchema), required=True)
    way_metres = fields.Integer(required=True)
    way_minutes = fields.Integer(required=True)
