"""What a brief says."""

from __future__ import annotations

from marshmallow import fields, validate

from crm_api.kit.schemas import RecordIdField, Schema
from crm_api.preparation.library.terms import Situation


class KeyPersonSchema(Schema):
    """Somebody whose word weighs in a group."""

    customer_id = RecordIdField(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    influence = fields.String(required=True, allow_none=True)


class BriefProfileSchema(Schema):
    """Who the customer is; the number is masked."""

    id = RecordIdField(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    gender = fields.String(required=True)
    birth_on = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    tier = fields.String(required=True)
    status = fields.String(required=True)
    joined_on = fields.String(required=True, allow_none=True)
    plan_name = fields.String(required=True)
    contract_end_on = fields.String(required=True, allow_none=True)
    balance_fen = fields.Integer(required=True, allow_none=True)
    interests = fields.List(fields.String(), required=True)
    traits = fields.List(fields.String(), required=True)
    small_requests = fields.List(fields.String(), required=True)
    remarks = fields.String(required=True)
    communication_style = fields.String(required=True, allow_none=True)
    preferred_channel = fields.String(required=True, allow_none=True)
    preferred_from = fields.String(required=True, allow_none=True)
    preferred_until = fields.String(required=True, allow_none=True)
    employer = fields.String(required=True)
    title = fields.String(required=True)
    key_persons = fields.List(fields.Nested(KeyPersonSchema), required=True)


class BriefPersonSchema(Schema):
    """Somebody to be met."""

    name = fields.String(required=True)
    role = fields.String(required=True)


class BriefVisitSchema(Schema):
    """What is planned."""

    purpose = fields.String(required=True)
    category = fields.String(required=True)
    place = fields.String(required=True)
    starts_at = fields.String(required=True)
    ends_at = fields.String(required=True)
    tools = fields.List(fields.String(), required=True)
    objectives = fields.List(fields.String(), required=True)
    persons = fields.List(fields.Nested(BriefPersonSchema), required=True)
    confirmed_by = fields.String(required=True, allow_none=True)


class FactToConfirmSchema(Schema):
    """Something to ask after."""

    field = fields.String(required=True, metadata={"example": "employer"})
    why = fields.String(required=True, validate=validate.OneOf(["unknown", "stale"]))
    last_learned_at = fields.String(required=True, allow_none=True)


class UnmetObjectiveSchema(Schema):
    """What the last visit did not achieve."""

    text = fields.String(required=True)
    outcome = fields.String(required=True)
    note = fields.String(required=True, allow_none=True)


class LastVisitSchema(Schema):
    """What the last visit left."""

    id = RecordIdField(required=True)
    on = fields.String(required=True)
    unmet_objectives = fields.List(fields.Nested(UnmetObjectiveSchema), required=True)
    sections = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    went_well = fields.String(required=True)
    went_badly = fields.String(required=True)
    next_time = fields.String(required=True)


class BriefPromiseSchema(Schema):
    """What we still owe."""

    id = RecordIdField(required=True)
    text = fields.String(required=True)
    due_on = fields.String(required=True)
    moved_from_on = fields.String(
        required=True, allow_none=True, metadata={"description": "The day that was said first."}
    )
    is_overdue = fields.Boolean(required=True)


class SettledPromiseSchema(Schema):
    """What was kept or taken back since the last visit."""

    id = RecordIdField(required=True)
    text = fields.String(required=True)
    is_kept = fields.Boolean(required=True)
    how = fields.String(required=True, metadata={"description": "How, or why not."})


class BriefTaskSchema(Schema):
    """What is still to do."""

    id = RecordIdField(required=True)
    text = fields.String(required=True)
    due_on = fields.String(required=True)
    channel = fields.String(required=True, allow_none=True)
    contact_at = fields.String(required=True, allow_none=True)


class ComingDateSchema(Schema):
    """A day to know of."""

    on = fields.String(required=True)
    kind = fields.String(required=True, metadata={"example": "birthday"})
    label = fields.String(required=True)
    whose = fields.String(required=True, allow_none=True)
    is_solemn = fields.Boolean(
        required=True,
        metadata={
            "description": "Nobody congratulates: a solemn festival, or a day whose label tells of"
            " grief; that label is among the topics to avoid as well."
        },
    )


class RecentContactSchema(Schema):
    """One of the latest contacts, as it stands."""

    id = RecordIdField(required=True)
    occurred_at = fields.String(required=True)
    channel = fields.String(required=True)
    direction = fields.String(required=True)
    category = fields.String(required=True)
    purpose = fields.String(required=True)
    outcome = fields.String(required=True)
    summary = fields.String(required=True)


class SituationSchema(Schema):
    """What is the case at the door, and the fact that says so."""

    situation = fields.String(required=True, validate=validate.OneOf(list(Situation)))
    because = fields.String(required=True)


class BriefWordsSchema(Schema):
    """What the library says of a situation; entry and number tell which words exactly."""

    entry_id = RecordIdField(required=True)
    number = fields.Integer(required=True)
    name = fields.String(required=True)
    situation = fields.String(required=True)
    style = fields.String(required=True, allow_none=True)
    text = fields.String(required=True)
    do = fields.List(fields.String(), required=True)
    avoid = fields.List(fields.String(), required=True)


class BriefOpenerSchema(Schema):
    """Something to begin with: known of this customer, or the library's words."""

    about = fields.String(required=True, metadata={"example": "interest"})
    topic = fields.String(required=True)
    words = fields.Nested(BriefWordsSchema, required=True, allow_none=True)


class BriefAvoidSchema(Schema):
    """Something not to touch."""

    why = fields.String(required=True, metadata={"example": "wish"})
    topic = fields.String(required=True)
    words = fields.Nested(BriefWordsSchema, required=True, allow_none=True)


class BriefWishSchema(Schema):
    """A do-not-disturb wish in force; null covers all."""

    channels = fields.List(fields.String(), required=True, allow_none=True)
    categories = fields.List(fields.String(), required=True, allow_none=True)
    quiet_from = fields.String(required=True, allow_none=True)
    quiet_until = fields.String(required=True, allow_none=True)
    ends_on = fields.String(required=True, allow_none=True)
    note = fields.String(required=True)


class BriefAllowanceSchema(Schema):
    """Whether a channel is open now, and if not, when."""

    channel = fields.String(required=True, metadata={"example": "call"})
    verdict = fields.String(required=True)
    reasons = fields.List(fields.String(), required=True)
    next_allowed_at = fields.String(required=True, allow_none=True)


class BriefContentSchema(Schema):
    """All that is known and matters before a visit."""

    visit = fields.Nested(BriefVisitSchema, required=True)
    profile = fields.Nested(BriefProfileSchema, required=True)
    facts_to_confirm = fields.List(fields.Nested(FactToConfirmSchema), required=True)
    last_visit = fields.Nested(LastVisitSchema, required=True, allow_none=True)
    open_promises = fields.List(fields.Nested(BriefPromiseSchema), required=True)
    settled_promises = fields.List(
        fields.Nested(SettledPromiseSchema),
        required=True,
        metadata={"description": "Since the last visit."},
    )
    open_follow_ups = fields.List(fields.Nested(BriefTaskSchema), required=True)
    coming_dates = fields.List(fields.Nested(ComingDateSchema), required=True)
    recent_contacts = fields.List(fields.Nested(RecentContactSchema), required=True)
    situations = fields.List(
        fields.Nested(SituationSchema),
        required=True,
        metadata={"description": "The most delicate first."},
    )
    openers = fields.List(fields.Nested(BriefOpenerSchema), required=True)
    topics = fields.List(fields.Nested(BriefWordsSchema), required=True)
    topics_to_avoid = fields.List(fields.Nested(BriefAvoidSchema), required=True)
    scripts = fields.List(fields.Nested(BriefWordsSchema), required=True)
    soothing_words = fields.List(fields.Nested(BriefWordsSchema), required=True)
    explanations = fields.List(fields.Nested(BriefWordsSchema), required=True)
    wishes = fields.List(fields.Nested(BriefWishSchema), required=True)
    contact_budget = fields.List(
        fields.Nested(BriefAllowanceSchema),
        required=True,
        metadata={"description": "By channel, for the visit's category, at `as_of`."},
    )
