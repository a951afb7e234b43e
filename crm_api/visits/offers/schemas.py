"""The contract of offers and opportunities."""

from __future__ import annotations

from marshmallow import fields, validate

from crm_api.kit.schemas import (
    DayField,
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    TextField,
)
from crm_api.visits.offers.terms import OfferState, OpportunityState

FEN = validate.Range(min=0, max=10**12)
ANSWERS = [OfferState.ACCEPTED, OfferState.DECLINED]
ENDS = [OpportunityState.WON, OpportunityState.LOST]


class OfferedSchema(Schema):
    """What was offered."""

    id = RecordIdField(load_default=None, allow_none=True)
    text = TextField(
        required=True, shortest=1, longest=1000, metadata={"example": "畅享 198 套餐，首月半价"}
    )
    monthly_fen = fields.Integer(load_default=None, allow_none=True, validate=FEN)
    valid_until = DayField(load_default=None, allow_none=True)


class VisitOfferSchema(OfferedSchema):
    """What a visit offered, and what the customer said to it then and there."""

    answer = fields.Enum(
        OfferState,
        by_value=True,
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(ANSWERS),
    )
    why = TextField(load_default="", longest=1000)


class NewOfferSchema(OfferedSchema):
    """An offer, made in a visit or otherwise."""

    customer_id = RecordIdField(required=True)
    visit_id = RecordIdField(load_default=None, allow_none=True)
    made_at = MomentField(
        load_default=None, allow_none=True, metadata={"description": "Now, if absent."}
    )


class OfferAnswerSchema(Schema):
    """What the customer said."""

    answer = fields.Enum(
        OfferState,
        by_value=True,
        required=True,
        validate=validate.OneOf(ANSWERS),
        metadata={"example": "declined"},
    )
    why = TextField(load_default="", longest=1000)


class SensedSchema(Schema):
    """What may come of a need that somebody sensed."""

    id = RecordIdField(load_default=None, allow_none=True)
    text = TextField(
        required=True, shortest=1, longest=1000, metadata={"example": "五月开第二家分店"}
    )
    worth_fen = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=FEN,
        metadata={"description": "What it may bring a month."},
    )
    expected_on = DayField(load_default=None, allow_none=True)


class VisitOpportunitySchema(SensedSchema):
    """An opportunity that a visit sensed."""


class NewOpportunitySchema(SensedSchema):
    """An opportunity, sensed in a visit or otherwise."""

    customer_id = RecordIdField(required=True)
    visit_id = RecordIdField(load_default=None, allow_none=True)


class OpportunityChangesSchema(Schema):
    """What is known better of an open opportunity."""

    text = TextField(shortest=1, longest=1000)
    worth_fen = fields.Integer(allow_none=True, validate=FEN)
    expected_on = DayField(allow_none=True)


class OpportunityOutcomeSchema(Schema):
    """How an opportunity ended."""

    outcome = fields.Enum(
        OpportunityState,
        by_value=True,
        required=True,
        validate=validate.OneOf(ENDS),
        metadata={"example": "won"},
    )
    why = TextField(load_default="", longest=1000)


class _BusinessSchema(Schema):
    id = RecordIdField(required=True)
    customer_id = RecordIdField(required=True)
    visit_id = RecordIdField(required=True, allow_none=True)
    owner_id = RecordIdField(required=True)
    by_id = RecordIdField(required=True)
    text = fields.String(required=True)
    settled_at = MomentField(required=True, allow_none=True)
    settled_by_id = RecordIdField(required=True, allow_none=True)
    settled_why = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True)
    created_at = MomentField(required=True)


class OfferSchema(_BusinessSchema):
    """An offer, and what became of it."""

    monthly_fen = fields.Integer(required=True, allow_none=True)
    valid_until = DayField(required=True, allow_none=True)
    made_at = MomentField(required=True)
    state = fields.Enum(OfferState, by_value=True, required=True)


class OpportunitySchema(_BusinessSchema):
    """An opportunity, and what became of it."""

    worth_fen = fields.Integer(required=True, allow_none=True)
    expected_on = DayField(required=True, allow_none=True)
    state = fields.Enum(OpportunityState, by_value=True, required=True)


class _BusinessQuerySchema(PageQuerySchema):
    customer_id = RecordIdField(load_default=None)
    owner_id = RecordIdField(load_default=None)
    visit_id = RecordIdField(load_default=None)


class OfferQuerySchema(_BusinessQuerySchema):
    """Which offers are wanted."""

    state = fields.Enum(OfferState, by_value=True, load_default=None)


class OpportunityQuerySchema(_BusinessQuerySchema):
    """Which opportunities are wanted."""

    state = fields.Enum(OpportunityState, by_value=True, load_default=None)
