"""Advice for people: budgets, next moments, a day without collisions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from crm_api.contact_frequency.schemas.clocks import ClockField
from crm_api.contact_frequency.schemas.decisions import (
    ContactDecisionSchema,
    ContactPlanSchema,
)
from crm_api.contact_frequency.terms import Strength
from crm_api.contact_frequency.values import Plan, Wanted
from crm_api.customers.terms import Category, Channel
from crm_api.kit.schemas import DayField, MomentField, Payload, Schema

MOST_A_DAY = 60
LONGEST_MINUTES = 8 * 60
UNPLACED = datetime(1970, 1, 1, tzinfo=UTC)


class BudgetLeftSchema(Schema):
    """One cap, and what is left of it around the moment."""

    policy_key = fields.String()
    strength = fields.Enum(Strength, by_value=True)
    limit = fields.Integer()
    used = fields.Integer()
    left = fields.Integer()
    message = fields.String(attribute="words.en")
    message_zh = fields.String(attribute="words.zh")


class BestMomentSchema(Schema):
    """The channel to take, and when."""

    channel = fields.Enum(Channel, by_value=True)
    next_allowed_at = MomentField(attribute="decision.next_allowed_at", allow_none=True)


class ChannelBudgetSchema(BestMomentSchema):
    """When a channel is allowed next, and what is left of its caps."""

    is_preferred = fields.Boolean(metadata={"description": "By the customer's own profile."})
    verdict = fields.String(attribute="decision.verdict")
    budgets = fields.List(fields.Nested(BudgetLeftSchema))


class ChannelAdviceSchema(ChannelBudgetSchema):
    """What one channel allows, with every reason."""

    decision = fields.Nested(
        ContactDecisionSchema,
        attribute="decision.document",
        metadata={"description": "For the moment asked, with every reason."},
    )


class NextMomentsQuerySchema(Schema):
    """Which contact is thought of."""

    category = fields.Enum(Category, by_value=True, load_default=Category.SERVICE)
    at = MomentField(load_default=None, metadata={"description": "From when on; now unless told."})


class NextMomentsSchema(Schema):
    """The channels, the soonest allowed first."""

    best = fields.Nested(BestMomentSchema, allow_none=True)
    items = fields.List(fields.Nested(ChannelAdviceSchema), required=True)


class ContactBudgetSchema(ContactDecisionSchema):
    """The governor's answer, with what is left of each cap and what other channels allow."""

    budgets = fields.List(fields.Nested(BudgetLeftSchema))
    channels = fields.List(
        fields.Nested(ChannelBudgetSchema),
        metadata={"description": "All channels, this one too, the soonest allowed first."},
    )


class WorkedHoursSchema(Schema):
    """Local hours without a break, such as 09:00 to 12:00."""

    opens = ClockField(required=True, metadata={"example": "09:00"})
    closes = ClockField(required=True, metadata={"example": "12:00"})

    @post_load
    def make_span(self, payload: Payload, **_: Any) -> tuple[int, int]:
        """Hand on minutes of the day."""
        if payload["opens"] >= payload["closes"]:
            raise ValidationError("It must close after it opens.", "closes")
        return payload["opens"], payload["closes"]


class DayContactSchema(ContactPlanSchema):
    """A contact of the day, with a moment of its own or to be given one."""

    at = MomentField(
        load_default=None,
        allow_none=True,
        metadata={"description": "An appointment that stands; left out, a moment is proposed."},
    )
    minutes = fields.Integer(
        load_default=30,
        validate=validate.Range(min=5, max=LONGEST_MINUTES),
        metadata={"description": "How long it takes."},
    )


class DayRequestSchema(Schema):
    """A day's contacts, to be given moments that do not collide."""

    on = DayField(required=True, metadata={"example": "2026-03-04"})
    contacts = fields.List(
        fields.Nested(DayContactSchema),
        required=True,
        validate=validate.Length(min=1, max=MOST_A_DAY),
    )
    hours = fields.List(
        fields.Nested(WorkedHoursSchema),
        load_default=None,
        allow_none=True,
        validate=validate.Length(min=1, max=10),
        metadata={"description": "Local hours to work; the usual ones of a workday unless told."},
    )
    pause_minutes = fields.Integer(
        load_default=0,
        validate=validate.Range(min=0, max=240),
        metadata={"description": "Time kept free around each contact, such as for the way."},
    )

    @post_load
    def make_wanted(self, payload: Payload, **_: Any) -> Payload:
        """Hand on what is wanted."""
        wanted = [_wanted(**contact) for contact in payload.pop("contacts")]
        return {**payload, "wanted": wanted}


def _wanted(*, at: datetime | None, minutes: int, **plan: Any) -> Wanted:
    return Wanted(plan=Plan(at=at or UNPLACED, **plan), minutes=minutes, is_fixed=at is not None)


class ProposalSchema(Schema):
    """Where a contact would stand in the day."""

    customer_id = fields.String(attribute="wanted.plan.customer_id")
    channel = fields.Enum(Channel, by_value=True, attribute="wanted.plan.channel")
    category = fields.Enum(Category, by_value=True, attribute="wanted.plan.category")
    is_fixed = fields.Boolean(attribute="wanted.is_fixed")
    starts_at = MomentField(
        allow_none=True, metadata={"description": "Null where the day has no place for it."}
    )
    ends_at = MomentField(allow_none=True)
    is_crowded_out = fields.Boolean(
        metadata={"description": "It would be allowed; only the day has no time left for it."}
    )
    decision = fields.Nested(
        ContactDecisionSchema,
        attribute="decision.document",
        metadata={"description": "At its place, beside the others; else where it was refused."},
    )


class DayProposalSchema(Schema):
    """The contacts in the order asked, each with its place."""

    items = fields.List(fields.Nested(ProposalSchema), required=True)
