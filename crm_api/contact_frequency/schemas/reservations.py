"""Slots of the ledger as people see them."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from crm_api.contact_frequency.policies.trace import mask_number
from crm_api.contact_frequency.schemas.decisions import ContactDecisionSchema
from crm_api.contact_frequency.terms import SlotState
from crm_api.customers.terms import Category, Channel
from crm_api.kit.schemas import MomentField, PageQuerySchema, Payload, RecordIdField, Schema


class ReservationSchema(Schema):
    """A slot of the ledger."""

    id = fields.String()
    customer_id = fields.String()
    channel = fields.Enum(Channel, by_value=True)
    category = fields.Enum(Category, by_value=True)
    state = fields.Enum(SlotState, by_value=True)
    effective_at = MomentField(metadata={"description": "Planned start, then the real one."})
    planned_at = MomentField(allow_none=True)
    occurred_at = MomentField(allow_none=True)
    not_after = MomentField(allow_none=True)
    endpoint = fields.Function(lambda slot: slot.endpoint and mask_number(slot.endpoint))
    visit_id = fields.String(allow_none=True)
    source = fields.String(
        allow_none=True,
        metadata={
            "description": "What it is for, and so who moves it: `planned_call:…` is moved here, "
            "`visit:…` by moving the visit; `care_message:…` moves by itself or is dropped."
        },
    )
    outcome = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    winner_slot_id = fields.String(
        allow_none=True, metadata={"description": "The contact to which it lost its moment."}
    )
    decision_id = fields.String(allow_none=True)
    override_id = fields.String(allow_none=True)
    needs_new_plan = fields.Boolean(
        metadata={"description": "What changed since made this moment illegal: move it."}
    )
    is_late = fields.Boolean()
    created_at = MomentField()


class ListedReservationSchema(ReservationSchema):
    """A slot of the ledger; where it needs a new plan, with the reasons and other moments."""

    new_plan = fields.Nested(
        ContactDecisionSchema,
        allow_none=True,
        metadata={
            "description": "Judged as of now: why it may not stay, and `next_allowed_at` and "
            "`earlier_alternative_at` to move it to. Null where it may stay."
        },
    )


class ReservationsQuerySchema(PageQuerySchema):
    """Whose slots: one customer's, or all that need a new plan."""

    customer_id = RecordIdField(load_default=None)
    needs_new_plan = fields.Boolean(
        load_default=None,
        metadata={"description": "Those only, the soonest first; of all customers unless told."},
    )

    @validates_schema
    def require_whose(self, payload: Payload, **_: Any) -> None:
        """Refuse to list all slots of all customers."""
        if payload["customer_id"] is None and not payload["needs_new_plan"]:
            raise ValidationError(
                "Name a customer, or ask for what needs a new plan.", "customer_id"
            )
