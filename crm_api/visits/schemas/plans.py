"""What is sent to plan a visit and to change the plan."""

from __future__ import annotations

from datetime import datetime, timedelta

import marshmallow as ma
from marshmallow import fields, validate

from crm_api.contact_frequency.schemas.decisions import override_field
from crm_api.contact_history.terms import Purpose
from crm_api.customers.terms import Category, Channel
from crm_api.kit.schemas import MomentField, Payload, RecordIdField, Schema, TextField
from crm_api.visits.terms import Side

LONGEST_VISIT = timedelta(hours=16)
MOST_COLLEAGUES = 10
LATITUDE = validate.Range(min=-90, max=90)
LONGITUDE = validate.Range(min=-180, max=180)


def require_span(starts_at: datetime, ends_at: datetime) -> None:
    """Make sure that a visit ends after it starts, on the same working day.

    :raises ValidationError: naming the end
    """
    if not timedelta() < ends_at - starts_at <= LONGEST_VISIT:
        raise ma.ValidationError("A visit ends after it starts, within 16 hours.", "ends_at")


class NewVisitObjectiveSchema(Schema):
    """Something that a visit is to achieve."""

    id = RecordIdField(load_default=None, allow_none=True)
    text = TextField(
        required=True,
        shortest=1,
        longest=500,
        metadata={"example": "Learn who decides on the branch lines."},
    )


class NewVisitPersonSchema(Schema):
    """Somebody to be met."""

    customer_id = RecordIdField(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "Set where the person is a customer, such as a group's key person: "
            "the visit then counts for that customer, and for the group, as well."
        },
    )
    name = TextField(required=True, shortest=1, longest=200, metadata={"example": "王示例"})
    role = TextField(load_default="", longest=200, metadata={"example": "Head of purchasing"})


class VisitConfirmationSchema(Schema):
    """That the customer agreed to the time."""

    by = TextField(
        required=True,
        shortest=1,
        longest=200,
        metadata={"description": "Who agreed.", "example": "王示例"},
    )
    how = fields.Enum(
        Channel, by_value=True, required=True, metadata={"description": "Over which channel."}
    )


class NewVisitSchema(Schema):
    """A visit to plan."""

    id = RecordIdField(
        load_default=None, allow_none=True, metadata={"description": "Brought by offline clients."}
    )
    customer_id = RecordIdField(required=True)
    purpose = fields.Enum(Purpose, by_value=True, load_default=Purpose.BOND)
    category = fields.Enum(Category, by_value=True, load_default=Category.SERVICE)
    place = TextField(required=True, shortest=1, longest=500, metadata={"example": "示范路 8 号"})
    place_latitude = fields.Float(load_default=None, allow_none=True, validate=LATITUDE)
    place_longitude = fields.Float(load_default=None, allow_none=True, validate=LONGITUDE)
    starts_at = MomentField(required=True, metadata={"example": "2026-03-02T02:00:00Z"})
    ends_at = MomentField(required=True, metadata={"example": "2026-03-02T03:00:00Z"})
    tools = fields.List(
        TextField(shortest=1, longest=200),
        load_default=list,
        validate=validate.Length(max=30),
        metadata={"description": "What to bring.", "example": ["agreement form", "gift"]},
    )
    objectives = fields.List(
        fields.Nested(NewVisitObjectiveSchema), load_default=list, validate=validate.Length(max=20)
    )
    persons = fields.List(
        fields.Nested(NewVisitPersonSchema), load_default=list, validate=validate.Length(max=20)
    )
    colleague_ids = fields.List(
        RecordIdField(),
        load_default=list,
        validate=validate.Length(max=MOST_COLLEAGUES),
        metadata={"description": "Colleagues who go along: they see the visit and its brief."},
    )
    is_unannounced = fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=False,
        metadata={"description": "Nobody agreed to it: it reserves nothing and counts as a fact."},
    )
    confirmation = fields.Nested(
        VisitConfirmationSchema,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "That the customer agreed to this time already: an appointment takes "
            "the moment of greetings that are only held."
        },
    )
    override_id = override_field()

    @ma.validates_schema
    def check_times(self, payload: Payload, **_: object) -> None:
        """Make sure that the times are in order, and that nobody agreed to a surprise."""
        require_span(payload["starts_at"], payload["ends_at"])
        if payload["is_unannounced"] and payload["confirmation"]:
            raise ma.ValidationError("Nobody agreed to an unannounced visit.", "confirmation")


class VisitScheduleSchema(Schema):
    """Another time, and another place where that changes too."""

    starts_at = MomentField(required=True)
    ends_at = MomentField(required=True)
    place = TextField(load_default=None, allow_none=True, shortest=1, longest=500)
    override_id = override_field()

    @ma.validates_schema
    def check_times(self, payload: Payload, **_: object) -> None:
        """Make sure that the times are in order."""
        require_span(payload["starts_at"], payload["ends_at"])


class VisitColleaguesSchema(Schema):
    """Who goes along, all of them."""

    colleague_ids = fields.List(
        RecordIdField(),
        required=True,
        validate=validate.Length(max=MOST_COLLEAGUES),
        metadata={"example": ["demo-east-1"]},
    )


class VisitCancellationSchema(Schema):
    """That the visit is called off."""

    by = fields.Enum(Side, by_value=True, required=True)
    reason = TextField(required=True, shortest=1, longest=1000)


class VisitAbsenceSchema(Schema):
    """That one side was not there."""

    absent = fields.Enum(Side, by_value=True, required=True)
    proof = TextField(
        required=True,
        shortest=1,
        longest=2000,
        metadata={
            "description": "What shows it.",
            "example": "Rang twice at 10:05; the guard says that the office is closed today.",
        },
    )
