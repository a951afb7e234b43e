"""Machine clients and their keys."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from crm_api.accounts.models import Scope, Standing
from crm_api.kit.schemas import MomentField, RecordIdField, Schema, TextField, page_schema

LONGEST_OVERLAP_HOURS = 30 * 24


def _scopes(*, required: bool) -> fields.List[Any]:
    return fields.List(
        fields.String(validate=validate.OneOf(list(Scope))),
        required=required,
        validate=validate.Length(min=1, max=len(Scope)),
        metadata={"description": "The surfaces that it may call."},
    )


class NewClientSchema(Schema):
    """A system to register."""

    id = RecordIdField(load_default=None, metadata={"description": "Brought by the client."})
    name = TextField(required=True, shortest=1, longest=100, metadata={"example": "SMS east"})
    scopes = _scopes(required=True)


class ClientChangesSchema(Schema):
    """What to change of a machine client."""

    name = TextField(shortest=1, longest=100)
    scopes = _scopes(required=False)


class ClientSchema(Schema):
    """A system that calls us."""

    id = RecordIdField(required=True)
    name = fields.String(required=True)
    scopes = _scopes(required=True)
    status = fields.Enum(Standing, by_value=True, required=True)
    created_at = MomentField(required=True)
    version = fields.Integer(required=True)


ClientPageSchema = page_schema(ClientSchema)


class NewKeySchema(Schema):
    """How long the older keys go on, once there is a new one."""

    overlap_hours = fields.Integer(
        load_default=24, validate=validate.Range(min=0, max=LONGEST_OVERLAP_HOURS)
    )


class IssuedKeySchema(Schema):
    """A new key, shown once."""

    id = RecordIdField(required=True)
    client_id = RecordIdField(required=True)
    key = fields.String(required=True, metadata={"description": "Send it as a bearer token."})


class KeySchema(Schema):
    """What is known of a key; the key itself is stored nowhere."""

    id = RecordIdField(required=True)
    client_id = RecordIdField(required=True)
    created_at = MomentField(required=True)
    expires_at = MomentField(required=True, allow_none=True)
    revoked_at = MomentField(required=True, allow_none=True)
    last_used_at = MomentField(
        required=True, allow_none=True, metadata={"description": "To the minute."}
    )


KeyPageSchema = page_schema(KeySchema)
