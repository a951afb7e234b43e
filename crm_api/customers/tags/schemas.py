"""What the routes about tags take and give."""

from __future__ import annotations

from marshmallow import fields

from crm_api.customers.schemas.fields import OWN_ID
from crm_api.kit.schemas import (
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    TextField,
    page_schema,
)


class TagChangesSchema(Schema):
    """What is to be mended of a tag."""

    name = TextField(shortest=1, longest=40, metadata={"example": "爱登山"})
    description = TextField(longest=200)


class NewTagSchema(TagChangesSchema):
    """A word for some customers."""

    id = RecordIdField(metadata=OWN_ID)
    team_id = RecordIdField(
        metadata={"description": "Whose it is, with all teams beneath; by default your own team's."}
    )
    name = TextField(shortest=1, longest=40, required=True, metadata={"example": "爱登山"})
    description = TextField(longest=200, load_default="")


class TagSchema(Schema):
    """A team's word for some customers (标签)."""

    id = RecordIdField()
    version = fields.Integer()
    team_id = RecordIdField()
    name = fields.String()
    description = fields.String()
    by_id = RecordIdField()
    created_at = MomentField()


TagPageSchema = page_schema(TagSchema)


class TagsQuerySchema(PageQuerySchema):
    """Which tags are wanted."""

    team_id = RecordIdField(load_default=None)
