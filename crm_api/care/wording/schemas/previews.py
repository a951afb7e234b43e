"""Texts as they read, before anybody gets them."""

from __future__ import annotations

from marshmallow import fields, validate

from crm_api.care.policies.choosing import Fit
from crm_api.care.terms import Encoding, MessageState, Occasion
from crm_api.care.wording.policies.linting import Severity
from crm_api.care.wording.terms import Change, Verdict
from crm_api.kit.schemas import DayField, RecordIdField, Schema

NUMBERS = validate.Range(min=1, max=2**31 - 1)


class FindingSchema(Schema):
    """One fault of a template."""

    code = fields.String(metadata={"example": "opt_out_missing"})
    severity = fields.Enum(
        Severity, by_value=True, metadata={"description": "An error stops the submission."}
    )
    message = fields.String(metadata={"example": "Say how to opt out, such as 拒收请回复R."})


class PreflightSchema(Schema):
    """A text as it reads, how long it is on the air, and what is wrong with it."""

    text = fields.String(metadata={"description": "As 王小明, or the customer, would read it."})
    encoding = fields.Enum(Encoding, by_value=True)
    units = fields.Integer(metadata={"description": "Septets of gsm7, 16-bit units of ucs2."})
    segments = fields.Integer(metadata={"description": "In how many parts it travels."})
    longest_units = fields.Integer(metadata={"description": "The units for the longest name."})
    longest_segments = fields.Integer(metadata={"description": "The parts for the longest name."})
    findings = fields.List(fields.Nested(FindingSchema))


class PreviewSchema(PreflightSchema):
    """A version as one customer would read it."""

    is_made_for_them = fields.Boolean(
        metadata={"description": "It is for their tier and style, or for everybody."}
    )
    is_fresh = fields.Boolean(
        metadata={"description": "Neither text nor template is said on the occasions around."}
    )


class PreviewQuerySchema(Schema):
    """For whom a version is previewed."""

    customer_id = RecordIdField(required=True)
    on = DayField(
        load_default=None,
        metadata={"description": "On which day they would get it; today where nothing is said."},
    )


class ComparisonQuerySchema(Schema):
    """Which versions are compared."""

    older = fields.Integer(required=True, validate=NUMBERS, metadata={"example": 1})
    newer = fields.Integer(required=True, validate=NUMBERS, metadata={"example": 2})


class PieceSchema(Schema):
    """A piece of the text, and what became of it."""

    change = fields.Enum(Change, by_value=True)
    text = fields.String()


class ComparisonSchema(Schema):
    """Two versions of a template, one beside the other."""

    pieces = fields.List(fields.Nested(PieceSchema))
    older = fields.Nested(PreflightSchema)
    newer = fields.Nested(PreflightSchema)


class CustomerPreviewQuerySchema(Schema):
    """For which day the greetings of a customer are previewed."""

    on = DayField(load_default=None, metadata={"description": "Today where nothing is said."})


class CandidateSchema(Schema):
    """A text that is in use for the occasion, and why it would be said or not."""

    template_id = RecordIdField()
    template_version = fields.Integer()
    fit = fields.Function(
        lambda candidate: None if candidate.fit is None else candidate.fit.name.lower(),
        metadata={
            "type": "string",
            "nullable": True,
            "enum": [*(fit.name.lower() for fit in Fit), None],
            "description": "How closely it is made for them; null is for others.",
        },
    )
    verdict = fields.Enum(
        Verdict,
        by_value=True,
        metadata={
            "description": "`heard`: its template or its text is said on an occasion around."
        },
    )


class CustomerGreetingSchema(Schema):
    """What a customer would read for one occasion of the day, and because of what."""

    occasion = fields.Enum(Occasion, by_value=True)
    festival_key = fields.String(allow_none=True)
    occurrence = fields.String(metadata={"example": "birthday:2026:0198c6"})
    obstacle = fields.String(
        metadata={"description": "Why there is no greeting; the governor has the last word."}
    )
    message_id = RecordIdField(
        allow_none=True, metadata={"description": "It is planned already, with its own text."}
    )
    state = fields.Enum(MessageState, by_value=True, allow_none=True)
    text = fields.String(allow_none=True)
    encoding = fields.Enum(Encoding, by_value=True, allow_none=True)
    segments = fields.Integer(allow_none=True)
    template_id = RecordIdField(allow_none=True)
    template_version = fields.Integer(allow_none=True)
    because = fields.String(metadata={"example": "Made for tier gold; 2 others were heard."})
    candidates = fields.List(fields.Nested(CandidateSchema))


class CustomerPreviewSchema(Schema):
    """The greetings of one customer on one day."""

    items = fields.List(fields.Nested(CustomerGreetingSchema))
