"""The contract of day and week plans."""

from __future__ import annotations

from marshmallow import fields, validate

from crm_api.contact_history.terms import Purpose
from crm_api.kit.schemas import (
    DayField,
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    TextField,
    page_schema,
)
from crm_api.preparation.days.schemas.proposals import (
    MOST_CALLS,
    category_field,
    minutes_field,
    owner_field,
)
from crm_api.visits.schemas.plans import NewVisitObjectiveSchema, VisitConfirmationSchema
from crm_api.visits.schemas.visits import VisitItemSchema, VisitSchema
from crm_api.visits.terms import VisitStatus


class DayQuerySchema(Schema):
    """Whose day is wanted."""

    owner_id = owner_field()


class CalledOffSchema(Schema):
    """A visit that does not take place."""

    visit = fields.Nested(VisitItemSchema, required=True)
    customer_name = fields.String(required=True)


class DayVisitSchema(CalledOffSchema):
    """A visit in its place in the day."""

    place_latitude = fields.Float(required=True, allow_none=True)
    place_longitude = fields.Float(required=True, allow_none=True)
    way_metres = fields.Integer(
        required=True, allow_none=True, metadata={"description": "From the visit before."}
    )
    way_minutes = fields.Integer(required=True)
    is_tight = fields.Boolean(
        required=True, metadata={"description": "It begins before one can be there."}
    )


class DayTaskSchema(Schema):
    """A promise or a follow-up that is due."""

    id = RecordIdField(required=True)
    customer_id = RecordIdField(required=True)
    customer_name = fields.String(required=True)
    text = fields.String(required=True)
    due_on = DayField(required=True)
    is_overdue = fields.Boolean(required=True)


class FreeTimeSchema(Schema):
    """Hours of work that no visit takes."""

    starts_at = MomentField(required=True)
    ends_at = MomentField(required=True)


class DayPlanSchema(Schema):
    """Somebody's day."""

    on = DayField(required=True)
    owner_id = RecordIdField(required=True)
    is_workday = fields.Boolean(required=True)
    visits = fields.List(
        fields.Nested(DayVisitSchema), required=True, metadata={"description": "By time."}
    )
    called_off = fields.List(fields.Nested(CalledOffSchema), required=True)
    unconfirmed = fields.Integer(
        required=True, metadata={"description": "Visits that the customer has not agreed to yet."}
    )
    way_metres = fields.Integer(required=True)
    free = fields.List(fields.Nested(FreeTimeSchema), required=True)
    promises = fields.List(
        fields.Nested(DayTaskSchema),
        required=True,
        metadata={"description": "Due that day; today's plan also has the overdue ones."},
    )
    follow_ups = fields.List(fields.Nested(DayTaskSchema), required=True)


class WeekPlanSchema(Schema):
    """Somebody's week, Monday to Sunday."""

    starts_on = DayField(required=True)
    owner_id = RecordIdField(required=True)
    days = fields.List(fields.Nested(DayPlanSchema), required=True)


class TeamDayQuerySchema(PageQuerySchema):
    """Whose days are wanted."""

    team_id = RecordIdField(
        load_default=None, metadata={"description": "With the teams beneath it."}
    )


StatusCountsSchema = Schema.from_dict(
    {status.value: fields.Integer(required=True) for status in VisitStatus},
    name="VisitStatusCountsSchema",
)


class TeamMemberDaySchema(Schema):
    """An account manager's day in numbers."""

    staff_id = RecordIdField(required=True)
    name = fields.String(required=True)
    team_id = RecordIdField(required=True)
    visits = fields.Nested(StatusCountsSchema, required=True)
    to_make = fields.Integer(required=True)
    to_close = fields.Integer(required=True)
    first_starts_at = MomentField(required=True, allow_none=True)
    last_ends_at = MomentField(required=True, allow_none=True)
    late_promises = fields.Integer(required=True)


TeamDayPageSchema = page_schema(TeamMemberDaySchema)


class NewDayVisitSchema(Schema):
    """A visit of the day."""

    id = RecordIdField(
        load_default=None, allow_none=True, metadata={"description": "Brought by offline clients."}
    )
    customer_id = RecordIdField(required=True)
    place_id = RecordIdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "A place of the customer; the primary one unless told."},
    )
    place = TextField(
        load_default=None,
        allow_none=True,
        shortest=1,
        longest=500,
        metadata={"description": "Where it is none of the customer's places."},
    )
    starts_at = MomentField(required=True, metadata={"example": "2026-03-03T02:00:00Z"})
    minutes = minutes_field()
    purpose = fields.Enum(Purpose, by_value=True, load_default=Purpose.BOND)
    category = category_field()
    tools = fields.List(
        TextField(shortest=1, longest=200), load_default=list, validate=validate.Length(max=30)
    )
    objectives = fields.List(
        fields.Nested(NewVisitObjectiveSchema), load_default=list, validate=validate.Length(max=20)
    )
    confirmation = fields.Nested(
        VisitConfirmationSchema,
        load_default=None,
        allow_none=True,
        metadata={"description": "That the customer agreed to this time already: who, and how."},
    )


class NewDayVisitsSchema(Schema):
    """The visits of a day, in the order in which they are judged."""

    visits = fields.List(
        fields.Nested(NewDayVisitSchema),
        required=True,
        validate=validate.Length(min=1, max=MOST_CALLS),
    )


class PlannedVisitSchema(Schema):
    """One of them: a visit, or why there is none."""

    customer_id = RecordIdField(required=True)
    visit = fields.Nested(VisitSchema, required=True, allow_none=True)
    problem = fields.Dict(
        keys=fields.String(),
        required=True,
        allow_none=True,
        metadata={"description": "`code`, `detail`, and what planning it alone would tell."},
    )


class PlannedVisitsSchema(Schema):
    """What became of them, in the order given."""

    items = fields.List(fields.Nested(PlannedVisitSchema), required=True)
