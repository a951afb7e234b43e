"""What those who answer for texts work with: approvals, forbidden words, pools."""

from __future__ import annotations

from marshmallow import fields, validate

from crm_api.care.terms import Occasion, TemplateStatus
from crm_api.care.wording.schemas.previews import FindingSchema
from crm_api.care.wording.schemas.templates import TemplateHeadSchema, VersionSchema, named_of
from crm_api.care.wording.terms import Supply
from crm_api.customers.terms import CommunicationStyle, Tier
from crm_api.kit.schemas import (
    DayField,
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    TextField,
    page_schema,
)


class VersionsQuerySchema(PageQuerySchema):
    """Which versions are wanted."""

    status = fields.Enum(
        TemplateStatus,
        by_value=True,
        load_default=TemplateStatus.SUBMITTED,
        metadata={"description": "Those that await approval, where nothing is said."},
    )


class ListedVersionSchema(Schema):
    """A version beside its template, and what is wrong with it today."""

    template = fields.Nested(TemplateHeadSchema)
    version = fields.Nested(VersionSchema)
    findings = fields.List(
        fields.Nested(FindingSchema),
        metadata={"description": "An approved version with an error is not sent any more."},
    )
    is_own = fields.Boolean(
        metadata={"description": "You wrote or submitted it: somebody else approves it."}
    )


class ForbiddenWordsQuerySchema(PageQuerySchema):
    """Which forbidden words are wanted."""

    q = TextField(
        shortest=1, longest=40, load_default=None, metadata={"description": "A piece of the word."}
    )


class NewForbiddenWordSchema(Schema):
    """A word that no template may say."""

    word = TextField(shortest=1, longest=40, required=True, metadata={"example": "全网最低"})
    reason = TextField(
        shortest=1, longest=200, required=True, metadata={"example": "广告法：绝对化用语"}
    )


class ForbiddenWordSchema(Schema):
    """A word that no template may say, and why not."""

    id = RecordIdField()
    word = fields.String()
    reason = fields.String()
    added_by_id = RecordIdField()
    created_at = MomentField()


class BanSchema(Schema):
    """A word put on the list, and what that stops."""

    word = fields.Nested(ForbiddenWordSchema)
    templates_out_of_use = fields.List(
        RecordIdField(), metadata={"description": "Approved, and planned with no more."}
    )
    waiting_messages = fields.Integer(
        metadata={
            "description": "Say it still: their text was final when they were planned. Find them by"
            " template, and hold or cancel them."
        }
    )


class PoolsQuerySchema(Schema):
    """How far ahead one looks."""

    days = fields.Integer(
        load_default=45,
        validate=validate.Range(min=1, max=366),
        metadata={"description": "Of the people planned for so many days, today included."},
    )


class MadeForSchema(Schema):
    """How many texts are made for the same people."""

    tiers = named_of(Tier)
    styles = named_of(CommunicationStyle)
    texts = fields.Integer()


class WordlessSchema(Schema):
    """People coming up for the occasion to whom nothing fresh can be said."""

    tier = fields.Enum(Tier, by_value=True)
    style = fields.Enum(CommunicationStyle, by_value=True, allow_none=True)
    people = fields.Integer()
    texts = fields.Integer(metadata={"description": "For them or for everybody."})
    add = fields.Integer(metadata={"description": "How many more would serve them all."})


class PoolSchema(Schema):
    """What there is to say on an occasion, and for whom it does not suffice."""

    occasion = fields.Enum(Occasion, by_value=True)
    festival_key = fields.String(allow_none=True)
    festival_name = fields.String(allow_none=True, metadata={"example": "中秋节"})
    next_on = DayField(allow_none=True, metadata={"description": "The festival's next day."})
    supply = fields.Enum(Supply, by_value=True)
    texts = fields.Integer(metadata={"description": "Different texts in use for everybody."})
    wanted = fields.Integer(
        metadata={"description": "So many serve even those who are greeted for nothing else."}
    )
    add = fields.Integer(metadata={"description": "How many texts for everybody are missing."})
    awaiting_approval = fields.Integer()
    unfit = fields.Integer(
        metadata={"description": "Approved, and out of use since they break a rule today."}
    )
    made_for = fields.List(fields.Nested(MadeForSchema))
    people_without_words = fields.Integer()
    wordless = fields.List(fields.Nested(WordlessSchema))


class PoolsSchema(Schema):
    """All pools, the next festival first."""

    items = fields.List(fields.Nested(PoolSchema))


ListedVersionPageSchema = page_schema(ListedVersionSchema)
ForbiddenWordPageSchema = page_schema(ForbiddenWordSchema)
