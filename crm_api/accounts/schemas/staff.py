"""Teams, staff and roles."""

from __future__ import annotations

from marshmallow import fields

from crm_api.accounts.models import Role, Standing
from crm_api.kit.schemas import (
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    TextField,
    Whole,
    page_schema,
)


class NewTeamSchema(Schema):
    """A team to add."""

    id = RecordIdField(load_default=None, metadata={"description": "Brought by the client."})
    name = TextField(required=True, shortest=1, longest=100, metadata={"example": "East"})
    parent_id = RecordIdField(
        load_default=None, allow_none=True, metadata={"description": "Null makes a root."}
    )


class TeamChangesSchema(Schema):
    """What to change of a team; another parent moves it with all beneath it."""

    name = TextField(shortest=1, longest=100)
    parent_id = RecordIdField(allow_none=True)


class TeamSchema(Schema):
    """An organisational unit; its managers see all that lies beneath."""

    id = RecordIdField(required=True)
    name = fields.String(required=True)
    parent_id = RecordIdField(required=True, allow_none=True)
    created_at = MomentField(required=True)
    version = fields.Integer(required=True)


TeamPageSchema = page_schema(TeamSchema)


class TeamQuerySchema(PageQuerySchema):
    """Which teams are wanted."""

    parent_id = RecordIdField(load_default=None, metadata={"description": "Its children only."})


class NewStaffSchema(Schema):
    """A person to name. They set their password with a one-time code."""

    id = RecordIdField(load_default=None, metadata={"description": "Brought by the client."})
    login = fields.String(
        required=True,
        validate=Whole(
            r"^[A-Za-z0-9][A-Za-z0-9._@-]{2,63}$",
            error="A login is 3 to 64 of letters, digits and . _ @ -.",
        ),
        metadata={"example": "li.wei", "description": "Case does not matter."},
    )
    name = TextField(required=True, shortest=1, longest=100, metadata={"example": "Li Wei"})
    role = fields.Enum(Role, by_value=True, required=True)
    team_id = RecordIdField(required=True)


class StaffChangesSchema(Schema):
    """What to change of a member of staff."""

    name = TextField(shortest=1, longest=100)
    role = fields.Enum(Role, by_value=True)
    team_id = RecordIdField()


class StaffSchema(Schema):
    """A person who signs in."""

    id = RecordIdField(required=True)
    login = fields.String(required=True)
    name = fields.String(required=True)
    role = fields.Enum(Role, by_value=True, required=True)
    team_id = RecordIdField(required=True)
    status = fields.Enum(Standing, by_value=True, required=True)
    created_at = MomentField(required=True)
    version = fields.Integer(required=True)


StaffPageSchema = page_schema(StaffSchema)


class StaffQuerySchema(PageQuerySchema):
    """Which staff are wanted."""

    role = fields.Enum(Role, by_value=True, load_default=None)
    status = fields.Enum(Standing, by_value=True, load_default=None)
    team_id = RecordIdField(
        load_default=None, metadata={"description": "This team and those beneath it."}
    )


class RoleSchema(Schema):
    """A role, and what it may do."""

    role = fields.Enum(Role, by_value=True, required=True)
    description = fields.String(required=True)


class RolesSchema(Schema):
    """All roles there are."""

    items = fields.List(fields.Nested(RoleSchema), required=True)
