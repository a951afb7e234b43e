"""The contract of the library."""

from __future__ import annotations

from marshmallow import fields, validate

from crm_api.customers.terms import CommunicationStyle
from crm_api.kit.schemas import (
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    TextField,
    page_schema,
)
from crm_api.preparation.library.terms import EntryKind, Situation, VersionStatus

EXAMPLE = "先听客户说完，不打断；复述一遍，再给出答复的日期。"


def _points(description: str) -> fields.List[str]:
    return fields.List(
        TextField(shortest=1, longest=200),
        load_default=list,
        validate=validate.Length(max=10),
        metadata={"description": description},
    )


class LibraryWordsSchema(Schema):
    """The words of an entry."""

    text = TextField(required=True, shortest=1, longest=2000, metadata={"example": EXAMPLE})
    do = _points("What to do beside saying it.")
    avoid = _points("What to avoid beside saying it.")


class LibraryEntryHeadSchema(Schema):
    """What an entry is for."""

    name = TextField(required=True, shortest=1, longest=80, metadata={"example": "投诉未结：先听"})
    kind = fields.Enum(EntryKind, by_value=True, required=True)
    situation = fields.Enum(
        Situation,
        by_value=True,
        required=True,
        metadata={"description": "`any` is good in every situation."},
    )
    style = fields.Enum(
        CommunicationStyle,
        by_value=True,
        load_default=None,
        allow_none=True,
        metadata={"description": "For people of this style; null is for anybody."},
    )


class NewLibraryEntrySchema(LibraryEntryHeadSchema, LibraryWordsSchema):
    """Something new to say."""

    id = RecordIdField(load_default=None, allow_none=True)


class LibraryVersionSchema(Schema):
    """The words of an entry, and who answers for them."""

    number = fields.Integer(required=True, metadata={"example": 1})
    text = fields.String(required=True, metadata={"example": EXAMPLE})
    do = fields.List(fields.String(), required=True)
    avoid = fields.List(fields.String(), required=True)
    status = fields.Enum(VersionStatus, by_value=True, required=True)
    proposed_by_id = RecordIdField(required=True)
    created_at = MomentField(required=True)
    approved_by_id = RecordIdField(required=True, allow_none=True)
    approved_at = MomentField(required=True, allow_none=True)
    ended_by_id = RecordIdField(required=True, allow_none=True)
    ended_at = MomentField(required=True, allow_none=True)
    ended_because = fields.String(required=True, allow_none=True)


class LibraryEntryItemSchema(LibraryEntryHeadSchema):
    """An entry without its words."""

    id = RecordIdField(required=True)
    created_at = MomentField(required=True)
    retired_at = MomentField(required=True, allow_none=True)


class LibraryEntrySchema(LibraryEntryItemSchema):
    """An entry with all its versions."""

    versions = fields.List(fields.Nested(LibraryVersionSchema), required=True)


class LibraryProposalSchema(Schema):
    """A version beside its entry, for whoever approves."""

    entry = fields.Nested(LibraryEntryItemSchema, required=True)
    version = fields.Nested(LibraryVersionSchema, required=True)
    forbidden_words = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Words of the list that it says; no brief shows it."},
    )
    is_own = fields.Boolean(
        required=True, metadata={"description": "You proposed it: somebody else approves it."}
    )


class LibraryQuerySchema(PageQuerySchema):
    """Which entries are wanted."""

    kind = fields.Enum(EntryKind, by_value=True, load_default=None)
    situation = fields.Enum(Situation, by_value=True, load_default=None)
    style = fields.Enum(CommunicationStyle, by_value=True, load_default=None)
    status = fields.Enum(
        VersionStatus,
        by_value=True,
        load_default=None,
        metadata={"description": "With a version that stands so."},
    )
    is_retired = fields.Boolean(load_default=None)
    q = TextField(
        shortest=1, longest=80, load_default=None, metadata={"description": "A piece of the name."}
    )


class LibraryProposalQuerySchema(PageQuerySchema):
    """Which versions are wanted."""

    status = fields.Enum(
        VersionStatus,
        by_value=True,
        load_default=VersionStatus.PROPOSED,
        metadata={"description": "Those that await approval, where nothing is said."},
    )


class LibraryReasonSchema(Schema):
    """Why words are sent back, taken back or out of use."""

    reason = TextField(shortest=1, longest=200, required=True, metadata={"example": "语气太硬"})


LibraryEntryPageSchema = page_schema(LibraryEntrySchema)
LibraryProposalPageSchema = page_schema(LibraryProposalSchema)
