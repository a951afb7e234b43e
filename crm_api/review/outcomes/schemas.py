"""The contract of the numbers of care."""

from __future__ import annotations

from marshmallow import ValidationError, fields, post_load, validate, validates
from webargs.fields import DelimitedList

from crm_api.care.schemas import MessageFiltersSchema
from crm_api.care.terms import MessageState, Occasion
from crm_api.customers.terms import Tier
from crm_api.kit.schemas import (
    DayField,
    MomentField,
    PageQuerySchema,
    Payload,
    RecordIdField,
    Schema,
    page_schema,
)
from crm_api.review.outcomes.terms import OF_REFUSALS, PERIODS, Breakdown


class CountedSchema(PageQuerySchema):
    """What numbers are told apart by, and which page of them is wanted."""

    cursor = fields.String(
        load_default=None,
        validate=validate.Length(max=4000),
        metadata={"description": "`next_cursor` of the page before."},
    )
    breakdowns = DelimitedList(
        fields.Enum(Breakdown, by_value=True),
        data_key="by",
        load_default=list,
        metadata={
            "description": "What the numbers are told apart by, with commas between; in this order"
            " they come. Nothing gives one row, of all.",
            "example": "team,occasion",
        },
    )

    @validates("breakdowns")
    def check_breakdowns(self, breakdowns: list[Breakdown], **_: object) -> None:
        """Refuse what says nothing more, or contradicts itself."""
        if len(set(breakdowns)) < len(breakdowns):
            raise ValidationError("Name each once.")
        if len(PERIODS.intersection(breakdowns)) > 1:
            raise ValidationError("Choose one of day, week and month.")


class OutcomeFiltersSchema(MessageFiltersSchema, CountedSchema):
    """Which messages are counted."""


class RefusalFiltersSchema(Schema):
    """Which refusals of the planner are meant."""

    first = DayField(data_key="from", metadata={"description": "For this local day, or later."})
    last = DayField(data_key="to", metadata={"description": "For this local day, or earlier."})
    team_id = RecordIdField(
        metadata={"description": "Customers of this team, or of one beneath it, as of today."}
    )
    occasion = fields.Enum(Occasion, by_value=True)
    reason = fields.String(validate=validate.Length(max=64), metadata={"example": "opted_out"})


class RefusalQuerySchema(RefusalFiltersSchema, PageQuerySchema):
    """Which refusals are wanted."""

    customer_id = RecordIdField()


class CareRefusalSchema(Schema):
    """Why somebody gets no greeting, as the planner found it last."""

    customer_id = RecordIdField()
    on = DayField(attribute="on_day")
    occasion = fields.Enum(Occasion, by_value=True)
    occurrence = fields.String(metadata={"example": "birthday:2026:0198c6"})
    reason = fields.String(metadata={"example": "opted_out"})
    decision_id = RecordIdField(
        allow_none=True, metadata={"description": "The governor's decision, if it was one."}
    )
    created_at = MomentField(metadata={"description": "Since when it is so."})


class RefusedFiltersSchema(RefusalFiltersSchema, CountedSchema):
    """Which refusals are counted."""

    @validates("breakdowns")
    def check_kept(self, breakdowns: list[Breakdown], **_: object) -> None:
        """Refuse what is not known of somebody who got no message."""
        if not OF_REFUSALS.issuperset(breakdowns):
            raise ValidationError("Refusals know " + ", ".join(sorted(OF_REFUSALS)) + ".")


class WholeSchema(Schema):
    """For a file: all rows, hence no page."""

    class Meta:
        """The filters alone."""

        exclude = ("limit", "cursor")

    @post_load
    def gather_page(self, payload: Payload, **_: object) -> Payload:
        """Leave the filters as they are."""
        return payload


class OutcomeExportSchema(WholeSchema, OutcomeFiltersSchema):
    """Which numbers of outcomes are taken out."""


class RefusedExportSchema(WholeSchema, RefusedFiltersSchema):
    """Which numbers of refusals are taken out."""


def _count(description: str) -> fields.Integer:
    return fields.Integer(required=True, metadata={"description": description, "example": 3})


class CareOutcomeSchema(Schema):
    """Numbers of some messages.

    Given as filters to the list of messages, whatever is not null of `from` to `reason` finds
    just these: as many as `planned` says, and with a state or `is_sent` as many as that says.
    """

    first = DayField(data_key="from", metadata={"description": "The first day counted."})
    last = DayField(data_key="to", metadata={"description": "The last day counted."})
    team_id = RecordIdField(
        allow_none=True, metadata={"description": "The numbers of its whole subtree."}
    )
    team_name = fields.String(allow_none=True)
    tier = fields.String(
        allow_none=True, metadata={"enum": [tier.value for tier in Tier], "example": "gold"}
    )
    occasion = fields.Enum(Occasion, by_value=True, allow_none=True)
    festival_key = fields.String(allow_none=True, metadata={"example": "mid_autumn"})
    template_id = RecordIdField(allow_none=True)
    template_name = fields.String(allow_none=True)
    template_version = fields.Integer(allow_none=True)
    state = fields.Enum(MessageState, by_value=True, allow_none=True)
    reason = fields.String(allow_none=True)
    planned = _count("All messages, whatever became of them.")
    sent = _count("The network took them: submitted, and all that came of it.")
    parts = _count("In how many parts those travelled: what they cost.")
    delivery_rate = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "Of those sent, how many arrived.", "example": 0.9875},
    )
    opted_out = _count("Of those sent, how many were the last before an opt-out within 7 days.")
    failed = _count("Undelivered, rejected and dead.")
    queued = _count("Waiting for a gateway.")
    leased = _count("In a worker's hands.")
    submitting = _count("Begun, not answered yet.")
    submitted = _count("Taken by the network, no report yet.")
    delivered = _count("Arrived.")
    undelivered = _count("Sent, did not arrive.")
    rejected = _count("Refused by the gateway or the network.")
    suppressed = _count("Stopped by an opt-out, a wish or a hold.")
    cancelled = _count("Taken back by a person.")
    expired = _count("Missed their last moment.")
    dead = _count("Given up after too many tries.")
    uncertain = _count("Nobody knows whether they were sent.")
    preempted = _count("Lost their moment to a contact that matters more.")
    coalesced = _count("Said by another message of that day.")


class CareRefusalCountSchema(Schema):
    """How many get no greeting. Its keys are filters of the list of care refusals."""

    first = DayField(data_key="from", metadata={"description": "The first day counted."})
    last = DayField(data_key="to", metadata={"description": "The last day counted."})
    team_id = RecordIdField(
        allow_none=True, metadata={"description": "The numbers of its whole subtree."}
    )
    team_name = fields.String(allow_none=True)
    occasion = fields.Enum(Occasion, by_value=True, allow_none=True)
    reason = fields.String(allow_none=True, metadata={"example": "opted_out"})
    refused = _count("Greetings that were due, and that the planner could not plan.")


CareOutcomePageSchema = page_schema(CareOutcomeSchema)
CareRefusalCountPageSchema = page_schema(CareRefusalCountSchema)
CareRefusalPageSchema = page_schema(CareRefusalSchema)
