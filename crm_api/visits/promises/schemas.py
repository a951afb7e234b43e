"""The contract of promises."""

from __future__ import annotations

from marshmallow import fields

from crm_api.kit.schemas import (
    DayField,
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    TextField,
)
from crm_api.visits.promises.terms import PromiseChangeKind, PromiseState

REASON = 1000


class NewPromiseSchema(Schema):
    """Something that we said we would do."""

    id = RecordIdField(load_default=None, allow_none=True)
    text = TextField(
        required=True, shortest=1, longest=1000, metadata={"example": "送去漫游资费表"}
    )
    due_on = DayField(required=True)


class PromiseMadeSchema(NewPromiseSchema):
    """Something that we promised a customer outside a visit."""

    customer_id = RecordIdField(required=True)
    contact_id = RecordIdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "The contact in which it was promised."},
    )


class PromiseKeptSchema(Schema):
    """How a promise was kept, and what shows it."""

    how = TextField(required=True, shortest=1, longest=REASON)
    contact_id = RecordIdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "The contact with this customer that shows it."},
    )
    attachment_id = RecordIdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "The photo or signature of a visit to them that shows it."},
    )


class PromiseMoveSchema(Schema):
    """Another day for a promise."""

    due_on = DayField(required=True)
    reason = TextField(required=True, shortest=1, longest=REASON)
    is_agreed = fields.Boolean(
        truthy={True},
        falsy={False},
        required=True,
        metadata={"description": "The customer knows and agreed; else tell them."},
    )


class PromiseWithdrawalSchema(Schema):
    """Why a promise is taken back."""

    reason = TextField(required=True, shortest=1, longest=REASON)


class EscalationAnswerSchema(Schema):
    """What the manager says to a promise that is late."""

    answer = TextField(required=True, shortest=1, longest=REASON)


class PromiseSchema(Schema):
    """A promise."""

    id = RecordIdField(required=True)
    visit_id = RecordIdField(
        required=True, allow_none=True, metadata={"description": "Null outside a visit."}
    )
    contact_id = RecordIdField(required=True, allow_none=True)
    customer_id = RecordIdField(required=True)
    owner_id = RecordIdField(required=True)
    text = fields.String(required=True)
    due_on = DayField(required=True)
    moved_from_on = DayField(
        required=True,
        allow_none=True,
        metadata={"description": "The day that was promised first, where it was moved since."},
    )
    is_open = fields.Boolean(required=True)
    kept_at = MomentField(required=True, allow_none=True)
    kept_how = fields.String(required=True, allow_none=True)
    kept_contact_id = RecordIdField(required=True, allow_none=True)
    kept_attachment_id = RecordIdField(required=True, allow_none=True)
    withdrawn_at = MomentField(required=True, allow_none=True)
    withdrawn_because = fields.String(required=True, allow_none=True)
    escalated_at = MomentField(
        required=True,
        allow_none=True,
        metadata={"description": "Since when it is on the managers' list, being late."},
    )
    answered_at = MomentField(required=True, allow_none=True)
    answer = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True)
    created_at = MomentField(required=True)


class PromiseChangeSchema(Schema):
    """One thing that happened to a promise; nobody's name is the sweep's."""

    kind = fields.Enum(PromiseChangeKind, by_value=True, required=True)
    by_id = RecordIdField(required=True, allow_none=True)
    created_at = MomentField(required=True)
    before_on = DayField(required=True, allow_none=True)
    after_on = DayField(required=True, allow_none=True)
    is_agreed = fields.Boolean(required=True, allow_none=True)
    words = fields.String(required=True)


class PromiseStorySchema(PromiseSchema):
    """A promise with all that happened to it, oldest first."""

    changes = fields.List(fields.Nested(PromiseChangeSchema), required=True)


class PromiseQuerySchema(PageQuerySchema):
    """Which promises are wanted."""

    customer_id = RecordIdField(load_default=None)
    owner_id = RecordIdField(load_default=None)
    state = fields.Enum(
        PromiseState,
        by_value=True,
        load_default=None,
        metadata={"description": "`escalated`: late, and the manager has not answered yet."},
    )
    due_from = DayField(load_default=None)
    due_before = DayField(load_default=None)
