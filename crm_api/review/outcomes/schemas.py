"""The contract of the numbers of care."""

from __future__ import annotations

from marshmallow import ValidationError, fields, post_load, validate, validates
from webargs.fields import DelimitedList

from crm_api.care.schemas import MessageFiltersSchema
from crm_api.care.terms import MessageState, Occasion
from crm_api.customers.terms import Tier
from crm_api.kit.schemas import (
    DayField,
    PageQuerySchema,
    Payload,
    RecordIdField,
    Schema,
    page_schema,
)
from crm_api.review.outcomes.terms import PERIODS, Breakdown


class OutcomeFiltersSchema(MessageFiltersSchema, PageQuerySchema):
    """Which messages are counted, and what their numbers are told apart by."""

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


class OutcomeExportSchema(OutcomeFiltersSchema):
    """Which numbers are taken out: all of them, hence no page."""

    class Meta:
        """The filters alone."""

        exclude = ("limit", "cursor")

    @post_load
    def gather_page(self, payload: Payload, **_: object) -> Payload:
        """Leave the filters as they are."""
        return payload


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


CareOutcomePageSchema = page_schema(CareOutcomeSchema)
