"""The contract of a handover's briefing."""

from __future__ import annotations

from marshmallow import fields

from crm_api.care.terms import Occasion
from crm_api.contact_history.terms import Purpose
from crm_api.customers.handovers.terms import Outcome
from crm_api.customers.schemas.fields import enum_field
from crm_api.customers.terms import (
    AnniversaryKind,
    Channel,
    CommunicationStyle,
    Kind,
    Status,
    Tier,
)
from crm_api.kit.schemas import (
    DayField,
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    page_schema,
)
from crm_api.visits.terms import VisitStatus


class BriefingQuerySchema(PageQuerySchema):
    """Which customers of the handover are wanted."""

    receiver_id = RecordIdField(load_default=None)
    outcome = enum_field(Outcome, load_default=None)


class HandedVisitSchema(Schema):
    """A visit that nobody closed."""

    id = RecordIdField(required=True)
    starts_at = MomentField(required=True)
    ends_at = MomentField(required=True)
    place = fields.String(required=True)
    purpose = enum_field(Purpose, required=True)
    status = enum_field(VisitStatus, required=True)


class HandedPromiseSchema(Schema):
    """What we still owe."""

    id = RecordIdField(required=True)
    text = fields.String(required=True)
    due_on = DayField(required=True)


class HandedTaskSchema(HandedPromiseSchema):
    """What a visit left to do."""

    channel = enum_field(Channel, required=True, allow_none=True)
    contact_at = MomentField(required=True, allow_none=True)


class HandedWishSchema(Schema):
    """How the customer wants not to be disturbed."""

    channels = fields.List(fields.String(), required=True, allow_none=True)
    categories = fields.List(fields.String(), required=True, allow_none=True)
    quiet_from = fields.Time(required=True, allow_none=True)
    quiet_until = fields.Time(required=True, allow_none=True)
    ends_on = DayField(required=True, allow_none=True)
    note = fields.String(required=True)


class HandedGreetingSchema(Schema):
    """A greeting that waits for its day."""

    id = RecordIdField(required=True)
    occasion = enum_field(Occasion, required=True)
    on_day = DayField(required=True)


class HandedDateSchema(Schema):
    """A day that comes soon."""

    on = DayField(required=True)
    kind = enum_field(AnniversaryKind, required=True)
    label = fields.String(required=True)


class HandedBriefingSchema(Schema):
    """What the new owner of a customer should know; the number is masked."""

    customer_id = RecordIdField(required=True)
    name = fields.String(required=True)
    kind = enum_field(Kind, required=True)
    tier = enum_field(Tier, required=True)
    status = enum_field(Status, required=True)
    phone = fields.String(required=True, allow_none=True, metadata={"example": "+86****1234"})
    receiver_id = RecordIdField(required=True)
    outcome = enum_field(Outcome, required=True)
    communication_style = enum_field(CommunicationStyle, required=True, allow_none=True)
    preferred_channel = enum_field(Channel, required=True, allow_none=True)
    remarks = fields.String(required=True)
    small_requests = fields.List(fields.String(), required=True)
    traits = fields.List(fields.String(), required=True)
    last_two_way_at = MomentField(required=True, allow_none=True)
    last_visit_at = MomentField(required=True, allow_none=True)
    open_visits = fields.List(fields.Nested(HandedVisitSchema), required=True)
    open_promises = fields.List(fields.Nested(HandedPromiseSchema), required=True)
    open_follow_ups = fields.List(fields.Nested(HandedTaskSchema), required=True)
    wishes = fields.List(fields.Nested(HandedWishSchema), required=True)
    planned_care = fields.List(fields.Nested(HandedGreetingSchema), required=True)
    coming_dates = fields.List(fields.Nested(HandedDateSchema), required=True)


HandedBriefingPageSchema = page_schema(HandedBriefingSchema)
