"""What is said about a file, and what is shown of it."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields, validate

from crm_api import config
from crm_api.attachments.terms import AttachmentStatus, Refusal
from crm_api.kit.schemas import (
    MomentField,
    PageQuerySchema,
    RecordIdField,
    Schema,
    TextField,
)

DIGEST = validate.Regexp(r"\A[0-9a-f]{64}\Z", error="64 hexadecimal digits, in lower case.")
DIGEST_TEXT = {"description": "SHA-256 of the whole file.", "example": "0" * 64}


class NewAttachmentSchema(Schema):
    """A file that will come."""

    id = RecordIdField(load_default=None, allow_none=True)
    file_name = TextField(required=True, shortest=1, longest=200, metadata={"example": "门店.jpg"})
    digest = fields.String(required=True, validate=DIGEST, metadata=DIGEST_TEXT)
    byte_size = fields.Integer(
        strict=True, required=True, validate=validate.Range(min=1, max=2**40)
    )

    @ma.validates("byte_size")
    def check_size(self, value: int, **_: object) -> None:
        """Refuse at once what would be refused at the end."""
        largest = config.current().max_attachment_bytes
        if value > largest:
            raise ma.ValidationError(f"At most {largest} bytes.")


class AttachmentSchema(Schema):
    """A file, and how much of it is here."""

    id = RecordIdField(required=True)
    file_name = fields.String(required=True)
    digest = fields.String(required=True, metadata=DIGEST_TEXT)
    byte_size = fields.Integer(required=True)
    received_bytes = fields.Integer(
        required=True, metadata={"description": "Where the next piece begins."}
    )
    status = fields.Enum(AttachmentStatus, by_value=True, required=True)
    refused_because = fields.String(
        required=True, allow_none=True, validate=validate.OneOf([*Refusal, None])
    )
    media_type = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Found in the content; null until it is whole."},
    )
    width = fields.Integer(required=True, allow_none=True)
    height = fields.Integer(required=True, allow_none=True)
    has_thumbnail = fields.Boolean(required=True)
    uploaded_by_id = RecordIdField(required=True)
    created_at = MomentField(required=True)
    kept_at = MomentField(required=True, allow_none=True)
    attached_at = MomentField(
        required=True,
        allow_none=True,
        metadata={"description": "Null while it hangs on nothing: swept after a while."},
    )


class AttachmentQuerySchema(PageQuerySchema):
    """Which of one's own uploads are wanted."""

    status = fields.Enum(AttachmentStatus, by_value=True, load_default=None)
    is_attached = fields.Boolean(
        truthy={"true"}, falsy={"false"}, load_default=None, allow_none=True
    )
