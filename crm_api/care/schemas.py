"""What care's routes take and give."""

from __future__ import annotations

from marshmallow import fields, validate
from webargs.fields import DelimitedList

from crm_api.care.policies.linting import Severity
from crm_api.care.terms import Encoding, MessageState, Occasion, TemplateStatus
from crm_api.customers.policies.masking import mask_phone
from crm_api.customers.terms import Category, Tier
from crm_api.kit.schemas import (
    DayField,
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    TextField,
    page_schema,
)

EXAMPLE = "【演示通信】{salutation}，祝您生日快乐，万事顺意！拒收请回复R"
LONGEST_TEXT = 500


def _words() -> TextField:
    return TextField(
        shortest=1,
        longest=LONGEST_TEXT,
        required=True,
        metadata={
            "description": "Signature, words with placeholders, opt-out line.",
            "example": EXAMPLE,
        },
    )


class TemplateQuerySchema(PageQuerySchema):
    """Which templates are wanted."""

    occasion = fields.Enum(Occasion, by_value=True, load_default=None)


class NewTemplateSchema(Schema):
    """A template and its first draft."""

    id = RecordIdField(load_default=None, metadata={"description": "Your own id, if you like."})
    name = TextField(shortest=1, longest=80, required=True, metadata={"example": "生日祝福一"})
    occasion = fields.Enum(Occasion, by_value=True, required=True)
    festival_key = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Regexp(r"\A[a-z0-9_]{1,64}\Z"),
        metadata={"description": "Which festival; for that occasion.", "example": "mid_autumn"},
    )
    also_occasion = fields.Enum(
        Occasion,
        by_value=True,
        load_default=None,
        allow_none=True,
        metadata={"description": "For a text made for two occasions that fall on one day."},
    )
    also_festival_key = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Regexp(r"\A[a-z0-9_]{1,64}\Z"),
        metadata={"description": "Which festival the second occasion is."},
    )
    category = fields.Enum(
        Category,
        by_value=True,
        load_default=Category.CARE,
        validate=validate.OneOf([Category.CARE, Category.MARKETING]),
        metadata={"description": "A text that offers something is marketing."},
    )
    text = _words()


class NewVersionSchema(Schema):
    """The words of a new version."""

    text = _words()


class VersionSchema(Schema):
    """One version of a template."""

    number = fields.Integer(metadata={"example": 1})
    text = fields.String(metadata={"example": EXAMPLE})
    status = fields.Enum(TemplateStatus, by_value=True)
    drafted_by_id = RecordIdField()
    created_at = MomentField()
    submitted_by_id = RecordIdField(allow_none=True)
    submitted_at = MomentField(allow_none=True)
    approved_by_id = RecordIdField(allow_none=True)
    approved_at = MomentField(allow_none=True)


class TemplateSchema(Schema):
    """A template with all its versions."""

    id = RecordIdField()
    name = fields.String(metadata={"example": "生日祝福一"})
    occasion = fields.Enum(Occasion, by_value=True)
    festival_key = fields.String(allow_none=True)
    also_occasion = fields.Enum(Occasion, by_value=True, allow_none=True)
    also_festival_key = fields.String(allow_none=True)
    category = fields.Enum(Category, by_value=True)
    created_at = MomentField()
    versions = fields.List(fields.Nested(VersionSchema))


class PreviewQuerySchema(Schema):
    """For whom a version is previewed."""

    customer_id = RecordIdField(required=True)


class FindingSchema(Schema):
    """One fault of a template."""

    code = fields.String(metadata={"example": "opt_out_missing"})
    severity = fields.Enum(
        Severity, by_value=True, metadata={"description": "An error stops the submission."}
    )
    message = fields.String(metadata={"example": "Say how to opt out, such as 拒收请回复R."})


class PreviewSchema(Schema):
    """A version as one customer would read it."""

    text = fields.String()
    encoding = fields.Enum(Encoding, by_value=True)
    units = fields.Integer(metadata={"description": "Septets of gsm7, 16-bit units of ucs2."})
    segments = fields.Integer(metadata={"description": "In how many parts it travels."})
    longest_segments = fields.Integer(metadata={"description": "The same for the longest name."})
    findings = fields.List(fields.Nested(FindingSchema))


class MessageFiltersSchema(Schema):
    """Which messages are meant, wherever messages are listed or counted."""

    first = DayField(data_key="from", metadata={"description": "For this local day, or later."})
    last = DayField(data_key="to", metadata={"description": "For this local day, or earlier."})
    team_id = RecordIdField(
        metadata={"description": "To customers of this team, or of one beneath it, as of today."}
    )
    tier = fields.Enum(
        Tier, by_value=True, metadata={"description": "The tier by which it was last judged."}
    )
    occasion = fields.Enum(Occasion, by_value=True)
    festival_key = fields.String(
        validate=validate.Length(max=64), metadata={"example": "mid_autumn"}
    )
    template_id = RecordIdField()
    template_version = fields.Integer(validate=validate.Range(min=1, max=2**31 - 1))
    states = DelimitedList(
        fields.Enum(MessageState, by_value=True),
        data_key="state",
        metadata={"description": "One state, or several with commas between them."},
    )
    reason = fields.String(
        validate=validate.Length(max=1000),
        metadata={"description": "The reason that stands with the state; may be empty."},
    )


class MessageQuerySchema(MessageFiltersSchema, PageQuerySchema):
    """Which messages are wanted."""

    on_day = DayField(data_key="on", metadata={"description": "The local day it is for."})
    customer_id = RecordIdField()
    is_sent = fields.Boolean(metadata={"description": "The network took it, or not."})
    has_opted_out = fields.Boolean(
        metadata={
            "description": "It was the last thing that the number got in the 7 days before an"
            " opt-out, or not."
        }
    )


class MessageSchema(Schema):
    """A message in the outbox, and what became of it."""

    id = RecordIdField()
    state = fields.Enum(MessageState, by_value=True)
    reason = fields.String(metadata={"description": "Why it ended so; empty while on its way."})
    customer_id = RecordIdField()
    slot_id = RecordIdField()
    occasion = fields.Enum(Occasion, by_value=True)
    festival_key = fields.String(allow_none=True)
    occurrence = fields.String(metadata={"example": "birthday:2026:0198c6"})
    on = DayField(attribute="on_day")
    category = fields.Enum(Category, by_value=True)
    template_id = RecordIdField()
    template_version = fields.Integer()
    priority = fields.Integer(metadata={"description": "The class it competes in; lower wins."})
    winner_slot_id = RecordIdField(
        allow_none=True,
        metadata={"description": "The contact that took its moment, or says it as well."},
    )
    due_at = MomentField()
    send_before = MomentField(metadata={"description": "Its last useful moment."})
    to = fields.Function(
        lambda message: mask_phone(message.number),
        metadata={"type": "string", "description": "The number, masked."},
    )
    text = fields.String()
    encoding = fields.Enum(Encoding, by_value=True)
    segments = fields.Integer(metadata={"description": "In how many parts it should travel."})
    sent_segments = fields.Integer(
        allow_none=True, metadata={"description": "In how many it did, where the gateway said so."}
    )
    attempt = fields.Integer(metadata={"description": "How often a gateway began to send it."})
    submitted_at = MomentField(allow_none=True)
    ended_at = MomentField(allow_none=True)
    created_at = MomentField()


class CancellationSchema(Schema):
    """Why a message is taken back."""

    reason = TextField(shortest=1, longest=200, required=True, metadata={"example": "在服丧"})


class CountSchema(Schema):
    """How many stand alike."""

    name = fields.String(metadata={"example": "no_phone"})
    count = fields.Integer(metadata={"example": 3})


class OccasionPreviewSchema(Schema):
    """How one occasion of the day stands."""

    occasion = fields.Enum(Occasion, by_value=True)
    festival_key = fields.String(allow_none=True)
    festival_name = fields.String(allow_none=True, metadata={"example": "中秋节"})
    due = fields.Integer(metadata={"description": "Customers whose occasion it is."})
    open = fields.Integer(
        metadata={"description": "Not planned yet and not stopped; the governor is still to judge."}
    )
    messages = fields.List(
        fields.Nested(CountSchema), metadata={"description": "Planned messages by state."}
    )
    reasons = fields.List(
        fields.Nested(CountSchema), metadata={"description": "Why others get none, by reason."}
    )


class DayPreviewSchema(Schema):
    """How the care of a day stands, as far as the reader may see the customers."""

    on = DayField()
    is_solemn = fields.Boolean(metadata={"description": "Nobody is greeted on a solemn day."})
    occasions = fields.List(fields.Nested(OccasionPreviewSchema))


TemplatePageSchema = page_schema(TemplateSchema)
MessagePageSchema = page_schema(MessageSchema)
