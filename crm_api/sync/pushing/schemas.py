"""The contract of a push."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import fields, validate

from crm_api.kit.schemas import RecordIdField, Schema
from crm_api.sync.phones.schemas import PhoneHeadersSchema
from crm_api.sync.pushing.decoding import EARLIEST_MS, LATEST_MS
from crm_api.sync.pushing.reading import MOST_RECORDS
from crm_api.sync.terms import Pushed

_ROWS: Final = {"type": "array", "items": {"type": "object"}}
_IDS: Final = {"type": "array", "items": {"type": "string"}}
_CHANGES: Final = {
    "type": "object",
    "description": f"By table; {MOST_RECORDS} records at the most, each once. Rows are whole, with "
    "`_status` and `_changed`, as the stock client sends them.",
    "additionalProperties": {
        "type": "object",
        "properties": {"created": _ROWS, "updated": _ROWS, "deleted": _IDS},
    },
    "example": {
        "anniversaries": {
            "created": [],
            "updated": [{"id": "a1", "label": "Tea house", "_changed": "label"}],
            "deleted": [],
        }
    },
}
# The document alone reads it: the stock client's body comes with any content type or none.
BODY: Final[dict[str, Any]] = {
    "required": True,
    "description": "The changes, or `{changes, lastPulledAt}`; compressed by gzip if the sender "
    "likes. Texts of 64 kB at the most.",
    "content": {"application/json": {"schema": _CHANGES}},
}


class PushHeadersSchema(PhoneHeadersSchema):
    """What a phone says of itself with a push."""

    is_repeated = False  # no clock says the same twice

    device_now = fields.Integer(
        load_default=None,
        data_key="X-Device-Now",
        validate=validate.Range(min=EARLIEST_MS, max=LATEST_MS),
        metadata={
            "description": "The device's clock, in milliseconds since 1970: the times of what "
            "happened are put right by how far it is off.",
            "example": 1_772_503_200_000,
        },
    )


class PushQuerySchema(Schema):
    """Where the phone stands."""

    last_pulled_at = fields.String(
        load_default=None, metadata={"description": "The cursor of its last pull."}
    )


class RejectionSchema(Schema):
    """Why a record was refused."""

    table = fields.String(required=True)
    id = RecordIdField(required=True)
    op = fields.String(required=True, validate=validate.OneOf(list(Pushed)))
    retryable = fields.Boolean(
        required=True,
        metadata={
            "description": "It stays on the phone, to be mended. Else it is final: the server's "
            "version comes back, and what was sent is kept as a sync issue."
        },
    )
    code = fields.String(
        required=True,
        metadata={
            "description": "Stable; see the page for app developers.",
            "example": "not_found",
        },
    )
    field = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "The column of the pushed row that is to be mended, or `id`; null where "
            "none is wrong by itself.",
            "example": "confirmed_how",
        },
    )
    message = fields.String(required=True)
    issue_id = RecordIdField(required=True, allow_none=True)
    next_allowed_at = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "When the caps allow it, in milliseconds since 1970."},
    )


class PushReplySchema(Schema):
    """What became of a push."""

    experimental_rejected_ids = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        data_key="experimentalRejectedIds",
        attribute="experimentalRejectedIds",
        required=True,
        metadata={"description": "By table, what stays unsent on the phone."},
    )
    rejections = fields.List(fields.Nested(RejectionSchema), required=True)
    seq = fields.Integer(
        required=True,
        metadata={"description": "Where the feed stood: what the push changed comes after."},
    )
