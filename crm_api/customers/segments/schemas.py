"""What the routes about segments take and give."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from crm_api.customers.schemas.fields import OWN_ID, enum_field, fen_field, require_distinct
from crm_api.customers.terms import Gender, Kind, Status, Tier
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

MOST_NAMED = 50
SPANS = (
    ("joined_from", "joined_until"),
    ("contract_end_from", "contract_end_until"),
    ("age_from", "age_until"),
    ("plan_monthly_fen_from", "plan_monthly_fen_until"),
)


def _some(field: Any, **kwargs: Any) -> fields.List[Any]:
    checks: list[Any] = [validate.Length(min=1, max=MOST_NAMED), require_distinct]
    return fields.List(field, validate=checks, **kwargs)


def _whole(last: int, **kwargs: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(min=0, max=last), **kwargs)


class CriteriaSchema(Schema):
    """What is asked of a customer: all that is named, together. Of a list, any one will do."""

    kinds = _some(enum_field(Kind))
    tiers = _some(enum_field(Tier), metadata={"example": ["gold", "diamond"]})
    statuses = _some(enum_field(Status))
    genders = _some(enum_field(Gender))
    team_id = RecordIdField(metadata={"description": "This team and all beneath it."})
    owner_ids = _some(RecordIdField())
    has_owner = fields.Boolean()
    has_phone = fields.Boolean()
    any_tags = _some(RecordIdField())
    all_tags = _some(RecordIdField(), metadata={"description": "Every one of these."})
    no_tags = _some(RecordIdField(), metadata={"description": "None of these."})
    joined_from = DayField()
    joined_until = DayField()
    contract_end_from = DayField()
    contract_end_until = DayField()
    contract_ends_within_days = _whole(
        3_650, metadata={"description": "From the day of asking on."}
    )
    birthday_within_days = _whole(
        61, metadata={"description": "From the day of asking on, lunar ones too."}
    )
    age_from = _whole(150)
    age_until = _whole(150)
    plan_names = _some(TextField(shortest=1, longest=100))
    plan_monthly_fen_from = fen_field()
    plan_monthly_fen_until = fen_field()

    @ma.validates_schema
    def require_order(self, criteria: Payload, **_: Any) -> None:
        """Make sure that no span ends before it begins."""
        for first, last in SPANS:
            if first in criteria and last in criteria and criteria[first] > criteria[last]:
                raise ma.ValidationError(f"Let it not end before `{first}`.", last)


class SegmentChangesSchema(Schema):
    """What is to be changed of a segment."""

    name = TextField(shortest=1, longest=100)
    description = TextField(longest=500)
    is_shared = fields.Boolean()
    criteria = fields.Nested(CriteriaSchema)


class NewSegmentSchema(SegmentChangesSchema):
    """A filter to be saved."""

    id = RecordIdField(metadata=OWN_ID)
    team_id = RecordIdField(
        metadata={"description": "Over whose customers; by default your own team's."}
    )
    name = TextField(shortest=1, longest=100, required=True, metadata={"example": "金卡到期"})
    description = TextField(longest=500, load_default="")
    is_shared = fields.Boolean(
        load_default=True, metadata={"description": "With the team and all beneath it."}
    )
    criteria = fields.Nested(CriteriaSchema, required=True)


class SegmentSchema(Schema):
    """A saved filter (客群). Who is in it follows from it at the moment of asking."""

    id = RecordIdField()
    version = fields.Integer()
    team_id = RecordIdField()
    owner_id = RecordIdField()
    is_shared = fields.Boolean()
    is_binding = fields.Boolean(
        metadata={"description": "A policy names it: an administrator changes what it asks."}
    )
    name = fields.String()
    description = fields.String()
    criteria = fields.Dict(keys=fields.String())
    created_at = MomentField()


class SegmentVersionSchema(Schema):
    """What a segment said under one version."""

    number = fields.Integer()
    name = fields.String()
    criteria = fields.Dict(keys=fields.String())
    by_id = RecordIdField()
    created_at = MomentField()


SegmentPageSchema = page_schema(SegmentSchema)
SegmentVersionPageSchema = page_schema(SegmentVersionSchema)


class SegmentsQuerySchema(PageQuerySchema):
    """Which segments are wanted."""

    owner_id = RecordIdField(load_default=None)
    team_id = RecordIdField(load_default=None)
