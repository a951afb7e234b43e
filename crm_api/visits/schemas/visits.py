"""What is told of a visit."""

from __future__ import annotations

from marshmallow import fields, validate

from crm_api.accounts.models import Role
from crm_api.contact_history.terms import Purpose
from crm_api.customers.terms import Category, Channel
from crm_api.kit.schemas import DayField, MomentField, PageQuerySchema, RecordIdField, Schema
from crm_api.visits.offers.schemas import OfferSchema, OpportunitySchema
from crm_api.visits.policies.progress import UNCLOSED_STATE
from crm_api.visits.promises.schemas import PromiseSchema
from crm_api.visits.schemas.records import FollowUpSchema
from crm_api.visits.terms import Booking, ObjectiveOutcome, Side, Verdict, VisitStatus


class VisitObjectiveSchema(Schema):
    """An objective, and what became of it."""

    id = RecordIdField(required=True)
    text = fields.String(required=True)
    outcome = fields.Enum(ObjectiveOutcome, by_value=True, required=True, allow_none=True)
    outcome_note = fields.String(required=True, allow_none=True)


class VisitPersonSchema(Schema):
    """Somebody to be met, or who was there unplanned; `was_met` is null until the record says."""

    id = RecordIdField(required=True)
    customer_id = RecordIdField(required=True, allow_none=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    is_planned = fields.Boolean(required=True)
    was_met = fields.Boolean(required=True, allow_none=True)


class VisitColleagueSchema(Schema):
    """A colleague who goes along, and whether they were there."""

    staff_id = RecordIdField(required=True)
    name = fields.String(required=True)
    was_there = fields.Boolean(required=True, allow_none=True)
    arrived_at = MomentField(required=True, allow_none=True)
    distance_m = fields.Integer(required=True, allow_none=True)
    verdict = fields.Enum(Verdict, by_value=True, required=True, allow_none=True)
    verdict_reasons = fields.List(fields.String(), required=True)


class PossibleColleagueSchema(Schema):
    """Somebody who may be asked along."""

    id = RecordIdField(required=True)
    name = fields.String(required=True)
    role = fields.Enum(Role, by_value=True, required=True)


class VisitWarningSchema(Schema):
    """A policy that the visit goes beyond, though nothing refuses it."""

    code = fields.String(required=True)
    policy_key = fields.String(required=True, allow_none=True)
    strength = fields.String(required=True)


class VisitRecordSchema(Schema):
    """What was found and learnt."""

    by_id = RecordIdField(required=True)
    created_at = MomentField(required=True)
    sections = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    went_well = fields.String(required=True)
    went_badly = fields.String(required=True)
    next_time = fields.String(required=True)
    shared_at = MomentField(required=True, allow_none=True)
    leave_alone_until = DayField(required=True, allow_none=True)
    leave_alone_reason = fields.String(required=True, allow_none=True)


class VisitItemSchema(Schema):
    """A visit, as a day's agenda shows it."""

    id = RecordIdField(required=True)
    customer_id = RecordIdField(required=True)
    owner_id = RecordIdField(required=True)
    purpose = fields.Enum(Purpose, by_value=True, required=True)
    category = fields.Enum(Category, by_value=True, required=True)
    place = fields.String(required=True)
    starts_at = MomentField(required=True)
    ends_at = MomentField(required=True)
    status = fields.Enum(VisitStatus, by_value=True, required=True)
    booking = fields.Enum(Booking, by_value=True, required=True)
    refused_because = fields.List(
        fields.Nested(VisitWarningSchema),
        required=True,
        allow_none=True,
        metadata={
            "description": "Why the governor refused this time, of a visit that a phone had "
            "planned already: it holds no slot, until it is moved or overridden."
        },
    )
    next_allowed_at = MomentField(required=True, allow_none=True)
    refusal_id = RecordIdField(
        required=True,
        allow_none=True,
        metadata={"description": "The decision to name when asking for an override."},
    )
    needs_new_plan = fields.Boolean(
        required=True,
        metadata={"description": "What changed since made this time illegal: move the visit."},
    )
    is_unannounced = fields.Boolean(required=True)
    is_brief_acknowledged = fields.Boolean(
        required=True, metadata={"description": "Somebody read the brief before the check-in."}
    )
    verdict = fields.Enum(Verdict, by_value=True, required=True, allow_none=True)
    objectives = fields.List(fields.Nested(VisitObjectiveSchema), required=True)
    version = fields.Integer(required=True)


class VisitSchema(VisitItemSchema):
    """A visit, whole."""

    planned_by_id = RecordIdField(required=True)
    tools = fields.List(fields.String(), required=True)
    persons = fields.List(fields.Nested(VisitPersonSchema), required=True)
    colleagues = fields.List(fields.Nested(VisitColleagueSchema), required=True)
    slot_id = RecordIdField(required=True, allow_none=True)
    contact_id = RecordIdField(required=True, allow_none=True)
    warnings = fields.List(
        fields.Nested(VisitWarningSchema),
        required=True,
        metadata={"description": "Policies that the visit goes beyond, though it is not refused."},
    )
    confirmed_at = MomentField(required=True, allow_none=True)
    confirmed_by = fields.String(required=True, allow_none=True)
    confirmed_how = fields.Enum(Channel, by_value=True, required=True, allow_none=True)
    cancelled_at = MomentField(required=True, allow_none=True)
    cancelled_by = fields.Enum(Side, by_value=True, required=True, allow_none=True)
    cancel_reason = fields.String(required=True, allow_none=True)
    missed_at = MomentField(required=True, allow_none=True)
    absent = fields.Enum(Side, by_value=True, required=True, allow_none=True)
    absence_proof = fields.String(required=True, allow_none=True)
    checked_in_at = MomentField(required=True, allow_none=True)
    checked_in_place = fields.String(required=True, allow_none=True)
    accuracy_m = fields.Float(required=True, allow_none=True)
    distance_m = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Metres from the agreed place. Coordinates are not told."},
    )
    verdict_reasons = fields.List(fields.String(), required=True)
    checked_out_at = MomentField(required=True, allow_none=True)
    check_out_verdict = fields.Enum(Verdict, by_value=True, required=True, allow_none=True)
    check_out_verdict_reasons = fields.List(fields.String(), required=True)
    check_out_distance_m = fields.Integer(required=True, allow_none=True)
    recorded_at = MomentField(required=True, allow_none=True)
    brief_acknowledged_at = MomentField(required=True, allow_none=True)
    record = fields.Nested(VisitRecordSchema, required=True, allow_none=True)
    promises = fields.List(fields.Nested(PromiseSchema), required=True)
    follow_ups = fields.List(fields.Nested(FollowUpSchema), required=True)
    offers = fields.List(fields.Nested(OfferSchema), required=True)
    opportunities = fields.List(fields.Nested(OpportunitySchema), required=True)
    created_at = MomentField(required=True)


class VisitQuerySchema(PageQuerySchema):
    """Which visits are wanted."""

    starting_from = MomentField(load_default=None, data_key="from")
    starting_before = MomentField(load_default=None, data_key="to")
    owner_id = RecordIdField(load_default=None)
    customer_id = RecordIdField(load_default=None)
    colleague_id = RecordIdField(
        load_default=None,
        metadata={"description": "On which this member of staff goes along."},
    )
    is_unannounced = fields.Boolean(load_default=None)
    booking = fields.Enum(
        Booking,
        by_value=True,
        load_default=None,
        metadata={"description": "`refused`: a phone planned it against the caps; move it."},
    )
    needs_new_plan = fields.Boolean(load_default=None)
    is_brief_acknowledged = fields.Boolean(
        load_default=None,
        metadata={"description": "Whether the brief was read before the check-in."},
    )
    state = fields.String(
        load_default=None,
        validate=validate.OneOf([UNCLOSED_STATE, *(s.value for s in VisitStatus)]),
        metadata={"description": "A status, or `unclosed`: its time is over, nobody closed it."},
    )
