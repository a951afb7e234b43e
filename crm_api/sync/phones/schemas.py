"""The contract of phones, and the headers in which each tells who it is."""

from __future__ import annotations

from marshmallow import EXCLUDE, fields, validate

from crm_api.kit.schemas import (
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    TextField,
    page_schema,
)
from crm_api.sync.phones.policies import APP_VERSION


class PhoneHeadersSchema(Schema):
    """What a phone says of itself with each pull and push."""

    class Meta:
        """There are other headers, which mean nothing here."""

        unknown = EXCLUDE

    is_repeated = True
    device_id = RecordIdField(
        required=True,
        data_key="X-Device-Id",
        metadata={"description": "Made once by the app and kept; as it was signed in with."},
    )
    app_version = fields.String(
        required=True,
        data_key="X-App-Version",
        validate=validate.Regexp(APP_VERSION, error="Write it like 1.4.0."),
        metadata={"example": "1.4.0"},
    )
    restore_seen = fields.Integer(
        load_default=None,
        data_key="X-Restore-Seen",
        validate=validate.Range(min=1, max=2**31 - 1),
        metadata={
            "description": "The epoch of a `server_restored`, once what was sent since is marked "
            "to be pushed again."
        },
    )


class SyncPhoneSchema(Schema):
    """A device that syncs, and what it last said of itself."""

    staff_id = RecordIdField(required=True)
    device_id = RecordIdField(required=True)
    name = fields.String(required=True)
    app_version = fields.String(required=True, metadata={"example": "1.4.0"})
    schema_version = fields.Integer(required=True)
    first_seen_at = MomentField(required=True)
    last_seen_at = MomentField(
        required=True, metadata={"description": "What it has yet to send, nobody can know."}
    )
    last_pulled_at = MomentField(required=True, allow_none=True)
    last_pushed_at = MomentField(required=True, allow_none=True)
    skew_ms = fields.Integer(
        required=True, metadata={"description": "How far its clock is ahead of ours."}
    )
    revoked_at = MomentField(required=True, allow_none=True)
    revoked_by_id = RecordIdField(required=True, allow_none=True)


SyncPhonePageSchema = page_schema(SyncPhoneSchema)


class SyncPhonesQuerySchema(PageQuerySchema):
    """Which phones are wanted."""

    staff_id = RecordIdField(load_default=None)
    is_revoked = fields.Boolean(load_default=None)
    app_version = fields.String(load_default=None, validate=validate.Length(max=32))
    not_seen_since = MomentField(
        load_default=None,
        metadata={"description": "Those alone that have not called since: lost, or not charged."},
    )


class PhoneNameSchema(Schema):
    """What to call a phone."""

    name = TextField(required=True, longest=100, metadata={"example": "The blue one"})


class PhoneRevocationSchema(Schema):
    """Why a phone may sync no more."""

    reason = TextField(required=True, shortest=1, longest=500, metadata={"example": "Lost"})
