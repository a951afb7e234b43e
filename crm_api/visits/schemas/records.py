"""What is sent to close a visit, and the tasks that it leaves."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from crm_api.contact_frequency.schemas.decisions import override_field
from crm_api.customers.terms import Category, Channel
from crm_api.kit.schemas import (
    DayField,
    MomentField,
    PageQuerySchema,
    Payload,
    RecordIdField,
    Schema,
    TextField,
)
from crm_api.visits.offers.schemas import VisitOfferSchema, VisitOpportunitySchema
from crm_api.visits.policies.learning import CONFIRMABLE
from crm_api.visits.promises.schemas import NewPromiseSchema
from crm_api.visits.schemas.learning import AmendmentsSchema, LearnedDaySchema, LearnedEventSchema
from crm_api.visits.terms import ObjectiveOutcome, Section

LONG = 10_000

SectionsSchema = Schema.from_dict(
    {section.value: TextField(load_default="", longest=LONG) for section in Section},
    name="VisitSectionsSchema",
)


class ObjectiveAnswerSchema(Schema):
    """What became of an objective."""

    id = RecordIdField(required=True)
    outcome = fields.Enum(ObjectiveOutcome, by_value=True, required=True)
    note = TextField(load_default="", longest=2000)


class PersonMetSchema(Schema):
    """Somebody who was really there: a person of the visit by id, anybody else by name."""

    id = RecordIdField(load_default=None, allow_none=True)
    customer_id = RecordIdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "Set where they are a customer: the visit counts for them too."},
    )
    name = TextField(load_default="", longest=200, metadata={"example": "王示例"})
    role = TextField(load_default="", longest=200)

    @ma.validates_schema
    def check_who(self, payload: Payload, **_: object) -> None:
        """Make sure that it names exactly one person."""
        if payload["id"] and (payload["name"] or payload["customer_id"] or payload["role"]):
            raise ma.ValidationError("The visit knows this person: give the id alone.", "id")
        if not payload["id"] and not payload["name"]:
            raise ma.ValidationError("Give the id of a planned person, or a name.", "name")


class PlannedContactSchema(Schema):
    """A contact that needs a slot."""

    channel = fields.Enum(Channel, by_value=True, required=True)
    category = fields.Enum(Category, by_value=True, load_default=Category.SERVICE)
    at = MomentField(required=True)
    serves_visit = fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=False,
        metadata={"description": "Thanks within 48 hours count together with the visit."},
    )
    is_agreed = fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=False,
        metadata={"description": "The customer agreed to this moment."},
    )
    override_id = override_field()


class NewFollowUpSchema(Schema):
    """A task; a slot is reserved where it is a contact."""

    id = RecordIdField(load_default=None, allow_none=True)
    text = TextField(required=True, shortest=1, longest=1000)
    due_on = DayField(required=True)
    contact = fields.Nested(PlannedContactSchema, load_default=None, allow_none=True)

    @ma.validates("contact")
    def check_channel(self, contact: dict[str, Any] | None, **_: object) -> None:
        """Keep visits for the next touch, which plans them."""
        if contact is not None and contact["channel"] is Channel.VISIT:
            raise ma.ValidationError("A visit is planned as the next touch, or by itself.")


class NextTouchSchema(Schema):
    """When the customer hears from us next; a visit is planned outright."""

    id = RecordIdField(load_default=None, allow_none=True)
    next_visit_id = RecordIdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "The id of the visit to plan, where a client brings it."},
    )
    text = TextField(required=True, shortest=1, longest=500)
    due_on = DayField(required=True)
    contact = fields.Nested(PlannedContactSchema, required=True)


class LeaveAloneSchema(Schema):
    """Until when the customer is to be left alone, and why."""

    until = DayField(required=True)
    reason = TextField(required=True, shortest=1, longest=190)


class NewVisitRecordSchema(Schema):
    """What was found and learnt, and what comes next."""

    summary = TextField(
        required=True,
        shortest=1,
        longest=LONG,
        metadata={"description": "The key findings; what the contact history tells."},
    )
    persons_met = fields.List(
        fields.Nested(PersonMetSchema),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=20),
        metadata={"description": "All who were there; absent: nobody says, the plan stands."},
    )
    colleagues_present = fields.List(
        RecordIdField(),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=10),
        metadata={"description": "Which of the colleagues came; absent: nobody says."},
    )
    objectives = fields.List(
        fields.Nested(ObjectiveAnswerSchema), load_default=list, validate=validate.Length(max=20)
    )
    sections = fields.Nested(SectionsSchema, load_default=dict)
    promises = fields.List(
        fields.Nested(NewPromiseSchema), load_default=list, validate=validate.Length(max=20)
    )
    offers = fields.List(
        fields.Nested(VisitOfferSchema), load_default=list, validate=validate.Length(max=20)
    )
    opportunities = fields.List(
        fields.Nested(VisitOpportunitySchema), load_default=list, validate=validate.Length(max=20)
    )
    follow_ups = fields.List(
        fields.Nested(NewFollowUpSchema), load_default=list, validate=validate.Length(max=20)
    )
    next_touch = fields.Nested(NextTouchSchema, load_default=None, allow_none=True)
    leave_alone = fields.Nested(LeaveAloneSchema, load_default=None, allow_none=True)
    amendments = fields.Nested(
        AmendmentsSchema,
        load_default=dict,
        metadata={"description": "What was learnt of the customer; goes into the profile."},
    )
    anniversaries = fields.List(
        fields.Nested(LearnedDaySchema), load_default=list, validate=validate.Length(max=10)
    )
    life_events = fields.List(
        fields.Nested(LearnedEventSchema),
        load_default=list,
        validate=validate.Length(max=10),
        metadata={"description": "What happened once, and is greeted once."},
    )
    confirmed_facts = fields.List(
        fields.String(validate=validate.OneOf(CONFIRMABLE)),
        load_default=list,
        validate=validate.Length(max=len(CONFIRMABLE)),
        metadata={"description": "Facts of the profile that were found to hold still."},
    )
    went_well = TextField(load_default="", longest=LONG)
    went_badly = TextField(load_default="", longest=LONG)
    next_time = TextField(load_default="", longest=LONG)
    share_retrospective = fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=True,
        metadata={"description": "The team's meeting hears of it, without personal data."},
    )

    @ma.validates_schema
    def check_next_step(self, payload: Payload, **_: object) -> None:
        """Nobody is touched next and left alone both."""
        if payload["next_touch"] and payload["leave_alone"]:
            raise ma.ValidationError("Give the next touch or leave alone, not both.", "leave_alone")


class TaskDoneSchema(Schema):
    """How a task ended."""

    outcome = TextField(required=True, shortest=1, longest=1000)


class FollowUpSchema(Schema):
    """A follow-up; `slot_id` is the reservation under which its contact is logged."""

    id = RecordIdField(required=True)
    visit_id = RecordIdField(required=True)
    customer_id = RecordIdField(required=True)
    owner_id = RecordIdField(required=True)
    text = fields.String(required=True)
    due_on = DayField(required=True)
    is_next_touch = fields.Boolean(required=True)
    channel = fields.Enum(Channel, by_value=True, required=True, allow_none=True)
    category = fields.Enum(Category, by_value=True, required=True, allow_none=True)
    contact_at = MomentField(required=True, allow_none=True)
    slot_id = RecordIdField(required=True, allow_none=True)
    next_visit_id = RecordIdField(required=True, allow_none=True)
    done_at = MomentField(required=True, allow_none=True)
    outcome = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True)
    created_at = MomentField(required=True)


class TaskQuerySchema(PageQuerySchema):
    """Which tasks are wanted."""

    customer_id = RecordIdField(load_default=None)
    owner_id = RecordIdField(load_default=None)
    is_open = fields.Boolean(load_default=None)
