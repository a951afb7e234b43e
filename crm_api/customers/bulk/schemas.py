"""What the routes about work on many customers take and give."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from crm_api.customers.bulk.policies.columns import COLUMNS, DEFAULT
from crm_api.customers.bulk.terms import EditKind, FileFormat, JobKind, JobStatus, RowOutcome
from crm_api.customers.schemas.extended import NewWishSchema
from crm_api.customers.schemas.fields import (
    OWN_ID,
    enum_field,
    fen_field,
    reason_field,
    require_distinct,
)
from crm_api.customers.segments.schemas import CriteriaSchema
from crm_api.customers.terms import Status, Tier
from crm_api.kit.schemas import (
    DayField,
    MomentField,
    PageQuerySchema,
    Payload,
    RecordIdField,
    Schema,
    TextField,
    page_schema,
)

MOST_IDS = 1_000
MOST_TAGS_AT_ONCE = 10
# What each kind of edit says besides its kind.
SAYS = {
    EditKind.TIER: "tier",
    EditKind.STATUS: "status",
    EditKind.ADD_TAGS: "tags",
    EditKind.REMOVE_TAGS: "tags",
    EditKind.WISH: "wish",
    EditKind.PLAN: "plan",
}


class ChosenCustomersSchema(Schema):
    """Who is meant: a segment, a filter, or customers by id. Exactly one of the three."""

    segment_id = RecordIdField()
    criteria = fields.Nested(CriteriaSchema)
    ids = fields.List(
        RecordIdField(), validate=[validate.Length(min=1, max=MOST_IDS), require_distinct]
    )

    @ma.validates_schema
    def require_one(self, chosen: Payload, **_: Any) -> None:
        """Have it said once who is meant."""
        if len(chosen) != 1:
            raise ma.ValidationError("Give one of segment_id, criteria and ids.")


class BulkWishSchema(NewWishSchema):
    """A do-not-disturb wish that many have alike."""

    class Meta(Schema.Meta):
        """Each customer's wish gets an id of its own."""

        exclude = ("id",)


class BulkPlanSchema(Schema):
    """What becomes of the plan; what is not named stays."""

    plan_name = TextField(longest=100)
    plan_monthly_fen = fen_field(allow_none=True)
    contract_end_on = DayField(allow_none=True)

    @ma.validates_schema
    def require_some(self, plan: Payload, **_: Any) -> None:
        """Have something to change."""
        if not plan:
            raise ma.ValidationError("Name what shall change.")


class EditSchema(Schema):
    """What is changed: the kind, and what goes with it."""

    kind = enum_field(EditKind, required=True, metadata={"example": "status"})
    tier = enum_field(Tier)
    status = enum_field(Status)
    tags = fields.List(
        RecordIdField(),
        validate=[validate.Length(min=1, max=MOST_TAGS_AT_ONCE), require_distinct],
    )
    wish = fields.Nested(BulkWishSchema)
    plan = fields.Nested(BulkPlanSchema)

    @ma.validates_schema
    def require_what(self, edit: Payload, **_: Any) -> None:
        """Have said what the kind needs, and nothing else."""
        wanted = SAYS.get(edit.get("kind"))  # type: ignore[arg-type]
        if wanted is not None and set(edit) != {"kind", wanted}:
            raise ma.ValidationError(f"Give {wanted} with this kind, and nothing else.", wanted)


class NewBulkEditSchema(Schema):
    """Many customers to be changed alike."""

    id = RecordIdField(metadata=OWN_ID)
    customers = fields.Nested(ChosenCustomersSchema, required=True)
    edit = fields.Nested(EditSchema, required=True)
    reason = reason_field()


class NewExportSchema(Schema):
    """Many customers to be written into a file."""

    id = RecordIdField(metadata=OWN_ID)
    customers = fields.Nested(ChosenCustomersSchema, required=True)
    columns = fields.List(
        fields.String(validate=validate.OneOf(COLUMNS)),
        load_default=lambda: list(DEFAULT),
        validate=[validate.Length(min=1), require_distinct],
        metadata={"description": "In the order of the file."},
    )
    format = enum_field(FileFormat, load_default=FileFormat.CSV)
    is_unmasked = fields.Boolean(
        load_default=False,
        metadata={
            "description": "Names and phones in full: for administrators. Documents never are."
        },
    )
    reason = reason_field()


class BulkJobSchema(Schema):
    """Work on many customers, and how far it has come."""

    id = RecordIdField()
    kind = enum_field(JobKind)
    status = enum_field(JobStatus)
    by_id = RecordIdField()
    reason = fields.String()
    selection = fields.Dict(keys=fields.String(), metadata={"description": "Who was meant."})
    task = fields.Dict(keys=fields.String(), metadata={"description": "What is done with them."})
    rows = fields.Integer(metadata={"description": "How many customers: settled at the start."})
    done = fields.Integer(metadata={"description": "How many had their turn."})
    changed = fields.Integer()
    unchanged = fields.Integer(metadata={"description": "Were so already."})
    refused = fields.Integer()
    written = fields.Integer(metadata={"description": "Rows of an export's file."})
    created_at = MomentField()
    finished_at = MomentField(
        allow_none=True, metadata={"description": "Or when it was cancelled."}
    )
    cancelled_by_id = RecordIdField(allow_none=True)


class BulkRowSchema(Schema):
    """What became of one customer."""

    number = fields.Integer()
    customer_id = RecordIdField()
    outcome = enum_field(RowOutcome)
    code = fields.String(
        allow_none=True,
        metadata={"description": "Why it was refused.", "example": "tier_follows_group"},
    )


BulkJobPageSchema = page_schema(BulkJobSchema)
BulkRowPageSchema = page_schema(BulkRowSchema)


class BulkJobsQuerySchema(PageQuerySchema):
    """Which jobs are wanted."""

    kind = enum_field(JobKind, load_default=None)
    status = enum_field(JobStatus, load_default=None)


class BulkRowsQuerySchema(PageQuerySchema):
    """Which rows are wanted."""

    outcome = enum_field(RowOutcome, load_default=None)
