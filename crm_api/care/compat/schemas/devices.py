"""The phones, as administrators see them."""

from __future__ import annotations

from marshmallow import fields

from crm_api.kit.schemas import (
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    TextField,
    page_schema,
)


class NewSmsGateDeviceSchema(Schema):
    """A phone to let in."""

    name = TextField(
        shortest=1, longest=100, required=True, metadata={"example": "Phone in the east office"}
    )


class SmsGateInvitationSchema(Schema):
    """What to type into the app; the secret is shown once."""

    device_id = RecordIdField()
    secret = fields.String(metadata={"description": "The app's “private token”; it works once."})
    signing_key = fields.String(
        metadata={"description": "The app's “signing key”, where it does not fetch it by itself."}
    )
    expires_at = MomentField()


class SmsGateDeviceQuerySchema(PageQuerySchema):
    """Which phones are wanted."""

    is_removed = fields.Boolean(load_default=None)


class SmsGateDeviceSchema(Schema):
    """A phone that sends for us: a machine client of the same id."""

    id = RecordIdField()
    name = fields.String()
    model = fields.String(metadata={"description": "As the phone calls itself."})
    created_at = MomentField()
    registered_at = MomentField(allow_none=True)
    last_seen_at = MomentField(allow_none=True, metadata={"description": "To the minute."})
    removed_at = MomentField(allow_none=True)


class SmsGateRemovalSchema(Schema):
    """A phone taken out of service."""

    id = RecordIdField()
    removed_at = MomentField()


SmsGateDevicePageSchema = page_schema(SmsGateDeviceSchema)
