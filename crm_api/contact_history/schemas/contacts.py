"""Contacts as they are told and shown."""

from __future__ import annotations

from marshmallow import fields

from crm_api.contact_history.schemas.fields import OWN_ID, enum_field
from crm_api.contact_history.terms import Direction, EntryKind, Outcome, Purpose
from crm_api.customers.terms import Category, Channel
from crm_api.kit.schemas import (
    MomentField,
    PageQuerySchema,
    PhoneField,
    RecordIdField,
    Schema,
    TextField,
    page_schema,
)


class NewContactSchema(Schema):
    """A contact that took place."""

    id = RecordIdField(load_default=None, metadata=OWN_ID)
    occurred_at = MomentField(
        required=True,
        metadata={
            "description": "When it began; at most five minutes ahead.",
            "example": "2026-03-02T09:30:00+08:00",
        },
    )
    channel = enum_field(Channel, required=True)
    direction = enum_field(Direction, load_default=Direction.OUTBOUND)
    category = enum_field(Category, required=True)
    purpose = enum_field(Purpose, required=True)
    outcome = enum_field(Outcome, required=True)
    summary = TextField(
        longest=4000,
        load_default="",
        metadata={"example": "Asked about roaming; wants an offer before the holidays."},
    )
    with_whom = TextField(
        longest=200,
        load_default="",
        metadata={"description": "Who took part on the customer's side."},
    )
    begun_by_customer = fields.Boolean(
        load_default=False,
        metadata={"description": "The customer began it: no cap counts it."},
    )
    endpoint = PhoneField(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "The number that was used, where not the customer's own.",
            "example": "+8613900001234",
        },
    )
    visit_id = RecordIdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "The visit that this contact served (agreeing the time, …)."},
    )
    reservation_id = RecordIdField(
        load_default=None,
        allow_none=True,
        metadata={"description": "The reservation that this contact makes use of."},
    )


class ContactSchema(Schema):
    """An entry of a customer's history."""

    id = RecordIdField(required=True)
    customer_id = RecordIdField(required=True)
    seq = fields.Integer(
        required=True, metadata={"description": "Its place in the customer's chain, from 1."}
    )
    kind = enum_field(EntryKind, required=True)
    corrects_id = RecordIdField(
        required=True,
        allow_none=True,
        metadata={"description": "The entry that this one replaces."},
    )
    replaced_by_id = RecordIdField(
        required=True,
        allow_none=True,
        metadata={"description": "The later entry that replaces this one; null while it stands."},
    )
    is_withdrawn = fields.Boolean(
        required=True, metadata={"description": "A manager agreed that it never happened."}
    )
    occurred_at = MomentField(required=True)
    recorded_at = MomentField(required=True)
    channel = enum_field(Channel, required=True)
    direction = enum_field(Direction, required=True)
    category = enum_field(Category, required=True)
    purpose = enum_field(Purpose, required=True)
    outcome = enum_field(Outcome, required=True)
    summary = fields.String(required=True, attribute="text.summary")
    with_whom = fields.String(required=True, attribute="text.with_whom")
    reason = fields.String(
        required=True,
        attribute="text.reason",
        metadata={"description": "Why it was corrected or withdrawn; empty on a contact."},
    )
    is_text_erased = fields.Boolean(
        required=True, metadata={"description": "The text was erased by law; the entry stays."}
    )
    is_begun_by_customer = fields.Boolean(required=True)
    is_late = fields.Boolean(
        required=True, metadata={"description": "Recorded more than 72 hours afterwards."}
    )
    has_overrun = fields.Boolean(
        required=True, metadata={"description": "It broke a frequency policy when recorded."}
    )
    by_id = RecordIdField(
        required=True, allow_none=True, metadata={"description": "Null where a system did it."}
    )
    by_name = fields.String(required=True, allow_none=True)
    source = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The record that it came from.", "example": "visit:0192f…"},
    )
    visit_id = RecordIdField(required=True, allow_none=True)
    digest = fields.String(
        required=True, metadata={"description": "Chains the entry to the one before it."}
    )


class OverrunSchema(Schema):
    """A frequency policy that the contact broke."""

    policy_key = fields.String(required=True, allow_none=True)
    policy_version = fields.Integer(required=True, allow_none=True)
    code = fields.String(required=True, metadata={"example": "cap_reached"})
    cause = fields.String(required=True, metadata={"example": "late_fact"})
    forbidden_until = MomentField(required=True, allow_none=True)


class WarningSchema(Schema):
    """Something to know about a contact that was taken in all the same."""

    code = fields.String(
        required=True,
        metadata={"description": "`late`, `needs_look`, `overrun` or `plans_to_move`."},
    )
    message = fields.String(required=True)
    slot_ids = fields.List(
        RecordIdField(), required=True, metadata={"description": "The plans to make anew."}
    )


class LoggedContactSchema(Schema):
    """A contact as it was taken in."""

    contact = fields.Nested(ContactSchema, required=True)
    overruns = fields.List(fields.Nested(OverrunSchema), required=True)
    warnings = fields.List(fields.Nested(WarningSchema), required=True)


class ContactFiltersSchema(PageQuerySchema):
    """Which entries are wanted."""

    occurred_from = MomentField(
        data_key="from", metadata={"description": "Not before this moment."}
    )
    occurred_until = MomentField(data_key="to", metadata={"description": "Before this moment."})
    channel = enum_field(Channel)
    direction = enum_field(Direction)
    category = enum_field(Category)
    outcome = enum_field(Outcome)
    by_id = RecordIdField(metadata={"description": "Recorded by this member of staff."})
    standing_only = fields.Boolean(
        metadata={"description": "Leave out what was corrected or withdrawn."}
    )


ContactPageSchema = page_schema(ContactSchema)
