"""How entries are put right or taken back."""

from __future__ import annotations

from marshmallow import fields

from crm_api.contact_history.schemas.fields import OWN_ID, enum_field
from crm_api.contact_history.terms import Outcome, Purpose, WithdrawalStatus
from crm_api.kit.schemas import (
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    TextField,
    page_schema,
)


class CorrectionSchema(Schema):
    """How it really was. Give what differs; the rest stays."""

    id = RecordIdField(load_default=None, metadata=OWN_ID)
    reason = TextField(shortest=1, longest=500, required=True)
    purpose = enum_field(Purpose)
    outcome = enum_field(Outcome)
    summary = TextField(longest=4000)
    with_whom = TextField(longest=200)


class NewWithdrawalSchema(Schema):
    """Why an entry is said never to have happened."""

    id = RecordIdField(load_default=None, metadata=OWN_ID)
    reason = TextField(shortest=1, longest=500, required=True)


class WithdrawalDecisionSchema(Schema):
    """A manager's decision, and why."""

    note = TextField(shortest=1, longest=500, required=True)


class WithdrawalSchema(Schema):
    """A request to take an entry back."""

    id = RecordIdField(required=True)
    contact_id = RecordIdField(required=True)
    customer_id = RecordIdField(required=True)
    reason = fields.String(required=True)
    requested_by_id = RecordIdField(required=True)
    created_at = MomentField(required=True)
    status = enum_field(WithdrawalStatus, required=True)
    decided_by_id = RecordIdField(required=True, allow_none=True)
    decided_at = MomentField(required=True, allow_none=True)
    note = fields.String(required=True)
    version = fields.Integer(required=True)


class WithdrawalFiltersSchema(PageQuerySchema):
    """Which requests are wanted."""

    status = enum_field(WithdrawalStatus, load_default=None)


WithdrawalPageSchema = page_schema(WithdrawalSchema)
