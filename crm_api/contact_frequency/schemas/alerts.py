"""Alerts of the nightly audit."""

from __future__ import annotations

from marshmallow import fields

from crm_api.contact_frequency.policies.trace import mask_number
from crm_api.contact_frequency.terms import AlertKind, SubjectKind
from crm_api.kit.schemas import MomentField, PageQuerySchema, RecordIdField, Schema, TextField


class AlertsQuerySchema(PageQuerySchema):
    """Which alerts."""

    customer_id = RecordIdField(load_default=None)
    kind = fields.Enum(AlertKind, by_value=True, load_default=None)
    is_open = fields.Boolean(load_default=None)
    is_acknowledged = fields.Boolean(load_default=None)


class GovernorAlertSchema(Schema):
    """Something in the ledger that somebody should explain."""

    id = fields.String()
    kind = fields.Enum(AlertKind, by_value=True)
    customer_id = fields.String(metadata={"description": "Whose contact it was."})
    subject_kind = fields.Enum(SubjectKind, by_value=True)
    subject_id = fields.Function(
        lambda alert: (
            mask_number(alert.subject_id)
            if alert.subject_kind is SubjectKind.ENDPOINT
            else alert.subject_id
        ),
        metadata={"type": "string"},
    )
    policy_key = fields.String(allow_none=True)
    allowed = fields.Integer(allow_none=True)
    found = fields.Integer(allow_none=True)
    slot_id = fields.String(
        allow_none=True, metadata={"description": "The contact that was judged last."}
    )
    first_slot_id = fields.String(allow_none=True)
    decision_id = fields.String(
        allow_none=True, metadata={"description": "The decision that does not replay."}
    )
    created_at = MomentField(metadata={"description": "When it was found."})
    seen_at = MomentField(metadata={"description": "When it was last seen."})
    closed_at = MomentField(
        allow_none=True, metadata={"description": "Since when it is not there any more."}
    )
    acknowledged_by_id = fields.String(allow_none=True)
    acknowledged_at = MomentField(allow_none=True)
    note = fields.String(allow_none=True)


class AlertNoteSchema(Schema):
    """What whoever answers for it says."""

    note = TextField(
        required=True,
        shortest=1,
        longest=500,
        metadata={"example": "Imported by hand from the old system on 2 March."},
    )
