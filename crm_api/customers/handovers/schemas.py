"""The contract of handovers."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from crm_api.customers.handovers.terms import HandoverState, Outcome
from crm_api.customers.schemas.fields import enum_field, reason_field
from crm_api.customers.terms import Status, Tier
from crm_api.kit.schemas import (
    MomentField,
    PageQuerySchema,
    Payload,
    RecordIdField,
    Schema,
    page_schema,
)

MOST_SHARES = 20
MOST_NAMED = 1000
GOES_ALONG = {
    "description": "How many rows of each kind go along: visits, promises, tasks, calls and care "
    "that somebody still has to see to.",
    "example": {"open_visits": 3, "open_promises": 1, "planned_care": 2},
}


class NewShareSchema(Schema):
    """Who receives customers, and which."""

    receiver_id = RecordIdField(required=True)
    customer_ids = fields.List(
        RecordIdField(),
        load_default=None,
        allow_none=True,
        validate=validate.Length(min=1, max=MOST_NAMED),
        metadata={
            "description": "Null for everybody whom no share names; several who take the rest "
            "are dealt alike, tier by tier."
        },
    )


class NewHandoverSchema(Schema):
    """Whose customers go to whom, and when."""

    giver_id = RecordIdField(required=True)
    takes_effect_at = MomentField(load_default=None, metadata={"description": "By default now."})
    reason = reason_field()
    shares = fields.List(
        fields.Nested(NewShareSchema),
        required=True,
        validate=validate.Length(min=1, max=MOST_SHARES),
    )

    @ma.validates("shares")
    def require_each_once(self, shares: list[Payload], **_: Any) -> None:
        """Make sure that nobody receives twice, and nobody is given twice."""
        receivers = [share["receiver_id"] for share in shares]
        named = [one for share in shares for one in share["customer_ids"] or ()]
        if len(set(receivers)) < len(receivers):
            raise ma.ValidationError("Name each receiver once.")
        if len(set(named)) < len(named):
            raise ma.ValidationError("Name each customer once.")


class PreviewShareSchema(Schema):
    """What one receiver would get."""

    receiver_id = RecordIdField(required=True)
    customers = fields.Integer(required=True)
    tiers = fields.Dict(
        keys=enum_field(Tier), values=fields.Integer(), required=True, metadata={"example": {}}
    )
    goes_along = fields.Dict(
        keys=fields.String(), values=fields.Integer(), required=True, metadata=GOES_ALONG
    )


class HandoverPreviewSchema(Schema):
    """What a handover would do, were it done now."""

    giver_id = RecordIdField(required=True)
    takes_effect_at = MomentField(required=True)
    customers = fields.Integer(required=True)
    shares = fields.List(fields.Nested(PreviewShareSchema), required=True)


class ShareSchema(Schema):
    """Who receives customers."""

    receiver_id = RecordIdField(required=True)
    takes_rest = fields.Boolean(required=True)


class HandoverSchema(Schema):
    """Customers of one account manager go to others."""

    id = RecordIdField(required=True)
    version = fields.Integer(required=True)
    giver_id = RecordIdField(required=True)
    takes_effect_at = MomentField(required=True)
    reason = fields.String(required=True)
    by_id = RecordIdField(required=True)
    state = enum_field(HandoverState, required=True)
    created_at = MomentField(required=True)
    begun_at = MomentField(required=True, allow_none=True)
    done_at = MomentField(required=True, allow_none=True)
    undo_until = MomentField(
        required=True, allow_none=True, metadata={"description": "Before it can be undone."}
    )
    stopped_at = MomentField(
        required=True, allow_none=True, metadata={"description": "Called off, or turned back."}
    )
    stopped_by_id = RecordIdField(required=True, allow_none=True)
    stop_reason = fields.String(required=True, allow_none=True)
    shares = fields.List(fields.Nested(ShareSchema), required=True)
    customers = fields.Dict(
        keys=enum_field(Outcome),
        values=fields.Integer(),
        required=True,
        metadata={"description": "How many came to what so far.", "example": {"handed_over": 12}},
    )


HandoverPageSchema = page_schema(HandoverSchema)


class HandoverQuerySchema(PageQuerySchema):
    """Which handovers are wanted."""

    staff_id = RecordIdField(metadata={"description": "Who gives, or receives."})
    state = enum_field(HandoverState)


class HandedCustomerSchema(Schema):
    """One customer of a handover."""

    customer_id = RecordIdField(required=True)
    name = fields.String(required=True)
    tier = enum_field(Tier, required=True)
    receiver_id = RecordIdField(required=True)
    outcome = enum_field(Outcome, required=True)


HandedCustomerPageSchema = page_schema(HandedCustomerSchema)


class HandedCustomerQuerySchema(PageQuerySchema):
    """Which customers of a handover are wanted."""

    outcome = enum_field(Outcome)


class StopSchema(Schema):
    """Why a handover is called off, or turned back."""

    reason = reason_field()


class RemainsSchema(Schema):
    """What somebody still answers for."""

    staff_id = RecordIdField(required=True)
    customers = fields.Dict(
        keys=enum_field(Status),
        values=fields.Integer(),
        required=True,
        metadata={"description": "Active and suspended ones keep a leaver.", "example": {}},
    )
    open = fields.Dict(
        keys=fields.String(), values=fields.Integer(), required=True, metadata=GOES_ALONG
    )
    handover_ids = fields.List(
        RecordIdField(), required=True, metadata={"description": "Open ones, given or received."}
    )
