"""What is asked and told of briefs."""

from __future__ import annotations

from marshmallow import fields, validate

from crm_api.kit.schemas import MomentField, RecordIdField, Schema, page_schema
from crm_api.preparation.briefs.policies.page import LANGUAGES
from crm_api.preparation.briefs.schemas.content import BriefContentSchema

DIGEST = validate.Regexp(r"\A[0-9a-f]{64}\Z", error="Use the digest that the brief gave.")


class BriefQuerySchema(Schema):
    """What the caller has already."""

    known_digest = fields.String(
        load_default=None,
        validate=DIGEST,
        metadata={"description": "The digest of the brief fetched before; see `changes`."},
    )


class BriefAcknowledgementSchema(Schema):
    """That the brief was read."""

    digest = fields.String(required=True, validate=DIGEST)
    at = MomentField(
        load_default=None,
        allow_none=True,
        metadata={"description": "When it was read, where that is told later; null is now."},
    )


class BriefPageQuerySchema(Schema):
    """Which brief is printed, and in which language."""

    lang = fields.String(load_default="zh", validate=validate.OneOf(LANGUAGES))
    digest = fields.String(
        load_default=None,
        validate=DIGEST,
        metadata={"description": "A frozen one; null is the brief as it is now."},
    )


class BriefChangeSchema(Schema):
    """What became different in a part of the brief."""

    section = fields.String(required=True, metadata={"example": "open_promises"})
    removed = fields.List(fields.Raw(), required=True)
    added = fields.List(
        fields.Raw(),
        required=True,
        metadata={"description": "Of a single record: its fields, each with its value."},
    )


class BriefSchema(BriefContentSchema):
    """The brief as it is now."""

    visit_id = RecordIdField(required=True)
    as_of = MomentField(required=True)
    digest = fields.String(
        required=True, metadata={"description": "Changes when anything but the budget does."}
    )
    has_changed = fields.Boolean(
        required=True, metadata={"description": "Whether `known_digest` is out of date."}
    )
    changes = fields.List(
        fields.Nested(BriefChangeSchema),
        required=True,
        allow_none=True,
        metadata={"description": "Since `known_digest`; null where nobody froze that."},
    )
    acknowledged_at = MomentField(required=True, allow_none=True)
    acknowledged_digest = fields.String(required=True, allow_none=True)
    changed_since_acknowledged = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "The parts that are no longer as they were acknowledged."},
    )


class FrozenBriefItemSchema(Schema):
    """When a brief was frozen, and by whom."""

    visit_id = RecordIdField(required=True)
    digest = fields.String(required=True)
    by_id = RecordIdField(required=True)
    as_of = MomentField(required=True, attribute="created_at")


class FrozenBriefSchema(BriefContentSchema):
    """A brief as it was read then."""

    visit_id = RecordIdField(required=True)
    digest = fields.String(required=True)
    as_of = MomentField(required=True)
    by_id = RecordIdField(required=True)
    is_acknowledged = fields.Boolean(
        required=True, metadata={"description": "It is the one that was acknowledged."}
    )


FrozenBriefPageSchema = page_schema(FrozenBriefItemSchema)
