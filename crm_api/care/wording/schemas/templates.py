"""Templates and their versions, as they come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import fields, validate

from crm_api.care.terms import Occasion, TemplateStatus
from crm_api.customers.terms import Category, CommunicationStyle, Tier
from crm_api.kit.schemas import (
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    TextField,
    page_schema,
)

if TYPE_CHECKING:
    from enum import StrEnum

EXAMPLE = "【演示通信】{salutation}，祝您生日快乐，万事顺意！拒收请回复R"
LONGEST_TEXT = 500


def named_of(kind: type[StrEnum]) -> fields.List[Any]:
    """Return a field for those for whom something is made, as they are stored; null is for all."""
    known = validate.OneOf([member.value for member in kind])
    return fields.List(fields.String(validate=known), allow_none=True)


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
    festival_key = fields.String(load_default=None, validate=validate.Length(max=64))
    category = fields.Enum(Category, by_value=True, load_default=None)
    status = fields.Enum(
        TemplateStatus,
        by_value=True,
        load_default=None,
        metadata={"description": "With a version that stands so."},
    )
    tier = fields.Enum(
        Tier,
        by_value=True,
        load_default=None,
        metadata={"description": "Made for this tier in particular."},
    )
    style = fields.Enum(
        CommunicationStyle,
        by_value=True,
        load_default=None,
        metadata={"description": "Made for this style in particular."},
    )
    is_retired = fields.Boolean(load_default=None)
    q = TextField(
        shortest=1, longest=80, load_default=None, metadata={"description": "A piece of the name."}
    )


class TextSchema(Schema):
    """A text, what it is about and for whom it is made."""

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
    tiers = fields.List(
        fields.Enum(Tier, by_value=True),
        load_default=None,
        allow_none=True,
        validate=validate.Length(min=1, max=len(Tier)),
        metadata={"description": "For these tiers; null is for all.", "example": ["gold"]},
    )
    styles = fields.List(
        fields.Enum(CommunicationStyle, by_value=True),
        load_default=None,
        allow_none=True,
        validate=validate.Length(min=1, max=len(CommunicationStyle)),
        metadata={"description": "For these styles; null is for all.", "example": ["direct"]},
    )
    text = _words()


class NewTemplateSchema(TextSchema):
    """A template and its first draft."""

    id = RecordIdField(load_default=None, metadata={"description": "Your own id, if you like."})
    name = TextField(shortest=1, longest=80, required=True, metadata={"example": "生日祝福一"})


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
    ended_by_id = RecordIdField(
        allow_none=True, metadata={"description": "Who rejected it, withdrew it or retired it."}
    )
    ended_at = MomentField(allow_none=True)
    ended_because = fields.String(allow_none=True)


class TemplateHeadSchema(Schema):
    """What a template is for, without its versions."""

    id = RecordIdField()
    name = fields.String(metadata={"example": "生日祝福一"})
    occasion = fields.Enum(Occasion, by_value=True)
    festival_key = fields.String(allow_none=True)
    also_occasion = fields.Enum(Occasion, by_value=True, allow_none=True)
    also_festival_key = fields.String(allow_none=True)
    category = fields.Enum(Category, by_value=True)
    tiers = named_of(Tier)
    styles = named_of(CommunicationStyle)


class TemplateSchema(TemplateHeadSchema):
    """A template with all its versions."""

    created_at = MomentField()
    retired_at = MomentField(allow_none=True, metadata={"description": "Since when it is over."})
    versions = fields.List(fields.Nested(VersionSchema))


class ReasonSchema(Schema):
    """Why something is sent back or taken out of use."""

    reason = TextField(shortest=1, longest=200, required=True, metadata={"example": "语气太随意"})


TemplatePageSchema = page_schema(TemplateSchema)
