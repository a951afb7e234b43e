"""What a file is to a visit."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields

from crm_api.attachments.schemas import AttachmentSchema
from crm_api.kit.schemas import MomentField, Payload, RecordIdField, Schema, TextField
from crm_api.visits.attachments.terms import AttachmentKind


class NewVisitAttachmentSchema(Schema):
    """What one's own upload is to a visit."""

    kind = fields.Enum(AttachmentKind, by_value=True, required=True)
    caption = TextField(load_default="", longest=500)
    signed_by = TextField(
        load_default=None,
        allow_none=True,
        shortest=1,
        longest=100,
        metadata={"description": "Who signed; of signatures only."},
    )

    @ma.validates_schema
    def check_signature(self, payload: Payload, **_: object) -> None:
        """Make sure that a signature is somebody's, and nothing else is."""
        if (payload["kind"] is AttachmentKind.SIGNATURE) != (payload["signed_by"] is not None):
            raise ma.ValidationError("Say who signed, of a signature only.", "signed_by")


class VisitAttachmentSchema(Schema):
    """A file that hangs on a visit."""

    visit_id = RecordIdField(required=True)
    kind = fields.Enum(AttachmentKind, by_value=True, required=True)
    caption = fields.String(required=True)
    signed_by = fields.String(required=True, allow_none=True)
    by_id = RecordIdField(required=True)
    created_at = MomentField(required=True)
    attachment = fields.Nested(AttachmentSchema, required=True)
