"""The contract of merging customers."""

from __future__ import annotations

from marshmallow import fields, validate

from crm_api.customers.merging.terms import RowChange
from crm_api.customers.schemas.fields import enum_field, reason_field
from crm_api.kit.schemas import (
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    page_schema,
)


def _version_field(whose: str) -> fields.Integer:
    told = f"Of the {whose}, as the preview told it."
    return fields.Integer(
        strict=True,
        required=True,
        validate=validate.Range(min=1, max=10**9),
        metadata={"description": told, "example": 1},
    )


class PairSchema(Schema):
    """Two customers who are one."""

    survivor_id = RecordIdField(required=True, metadata={"description": "Who goes on."})
    merged_id = RecordIdField(
        required=True, metadata={"description": "Who becomes part of the survivor."}
    )


class NewMergeSchema(PairSchema):
    """A merge, as its preview showed it."""

    survivor_version = _version_field("survivor")
    merged_version = _version_field("merged")
    reason = reason_field()


class TouchedSchema(Schema):
    """What a merge does to the rows of a table."""

    table = fields.String(metadata={"example": "visits"})
    change = enum_field(RowChange)
    rows = fields.Integer()


class MergePreviewSchema(Schema):
    """What a merge would do."""

    survivor_id = RecordIdField()
    merged_id = RecordIdField()
    survivor_version = fields.Integer()
    merged_version = fields.Integer()
    filled = fields.List(
        fields.String(),
        metadata={"description": "Fields of the survivor's core profile that would change."},
    )
    touched = fields.List(fields.Nested(TouchedSchema))
    undo_until = MomentField(metadata={"description": "Until when it could be taken back."})


class MergeSchema(Schema):
    """One customer that went on as part of another."""

    id = RecordIdField()
    survivor_id = RecordIdField()
    merged_id = RecordIdField()
    reason = fields.String()
    by_id = RecordIdField()
    created_at = MomentField()
    undo_until = MomentField()
    undone_at = MomentField(allow_none=True)
    undone_by_id = RecordIdField(allow_none=True)
    undo_reason = fields.String(allow_none=True)


class UndoSchema(Schema):
    """Why a merge is taken back."""

    reason = reason_field()


class MergeQuerySchema(PageQuerySchema):
    """Which merges."""

    customer_id = RecordIdField(metadata={"description": "Of the survivor or the merged."})
    undone = fields.Boolean(metadata={"description": "Taken back, or standing."})


class MergedRowSchema(Schema):
    """A row that a merge touched."""

    position = fields.Integer()
    table = fields.String(attribute="table_name")
    key = fields.Dict()
    change = enum_field(RowChange)


MergePageSchema = page_schema(MergeSchema)
MergedRowPageSchema = page_schema(MergedRowSchema)
