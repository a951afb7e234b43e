"""The core profile's contract."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from crm_api.customers.policies.phones import MOST_PHONES
from crm_api.customers.schemas.fields import (
    OWN_ID,
    MaskedDocumentField,
    MaskedPhoneField,
    enum_field,
    fen_field,
    learned_by_field,
)
from crm_api.customers.terms import DocumentType, Gender, Kind, Status, Tier
from crm_api.kit.schemas import (
    DayField,
    MomentField,
    PageQuerySchema,
    Payload,
    PhoneField,
    RecordIdField,
    Schema,
    TextField,
    page_schema,
)

LONGEST_SPAN_DAYS = 62


class PhoneEntrySchema(Schema):
    """One of a new customer's numbers."""

    number = PhoneField(required=True)
    label = TextField(longest=50, load_default="", metadata={"example": "work"})


class CustomerAmendmentSchema(Schema):
    """What is to be mended of a core profile; what is not named stays."""

    name = TextField(longest=100, shortest=1, metadata={"example": "虚构一号"})
    gender = enum_field(Gender)
    birth_on = DayField(allow_none=True)
    has_guardian_consent = fields.Boolean(
        metadata={"description": "A minor may be contacted: the guardian agreed."}
    )
    document_type = enum_field(DocumentType, allow_none=True)
    document_number = TextField(
        longest=64, shortest=1, allow_none=True, metadata={"description": "Encrypted at rest."}
    )
    joined_on = DayField(allow_none=True)
    account_no = TextField(longest=64, shortest=1, allow_none=True)
    plan_name = TextField(longest=100)
    plan_monthly_fen = fen_field(allow_none=True)
    contract_end_on = DayField(allow_none=True)
    balance_fen = fen_field(lowest=-(10**13), allow_none=True)
    learned_by = learned_by_field()


class NewCustomerSchema(CustomerAmendmentSchema):
    """A customer to take in."""

    id = RecordIdField(metadata=OWN_ID)
    kind = enum_field(Kind)
    name = TextField(longest=100, shortest=1, required=True, metadata={"example": "虚构一号"})
    phones = fields.List(
        fields.Nested(PhoneEntrySchema),
        validate=validate.Length(max=MOST_PHONES),
        metadata={"description": "The first mobile number is the one to write to."},
    )
    owner_id = RecordIdField(metadata={"description": "The account manager; by default yourself."})
    team_id = RecordIdField(metadata={"description": "Where no account manager is named."})


class CustomerSchema(Schema):
    """The core profile (核心信息). Numbers and documents are masked."""

    id = RecordIdField()
    version = fields.Integer()
    kind = enum_field(Kind)
    name = fields.String()
    name_pinyin = fields.String(metadata={"example": "wangxiaoming"})
    name_initials = fields.String(metadata={"example": "wxm"})
    gender = enum_field(Gender)
    birth_on = DayField(allow_none=True)
    has_guardian_consent = fields.Boolean()
    document_type = enum_field(DocumentType, allow_none=True)
    document_number = MaskedDocumentField(allow_none=True)
    phone = MaskedPhoneField(allow_none=True)
    joined_on = DayField(allow_none=True)
    status = enum_field(Status)
    tier = enum_field(Tier)
    own_tier = enum_field(
        Tier, metadata={"description": "What the customer alone earns; `tier` may follow a group."}
    )
    account_no = fields.String(allow_none=True)
    plan_name = fields.String()
    plan_monthly_fen = fields.Integer(allow_none=True)
    contract_end_on = DayField(allow_none=True)
    balance_fen = fields.Integer(allow_none=True)
    team_id = RecordIdField()
    owner_id = RecordIdField(allow_none=True)
    created_at = MomentField()


class CustomerItemSchema(Schema):
    """A customer as lists show one."""

    id = RecordIdField()
    version = fields.Integer()
    kind = enum_field(Kind)
    name = fields.String(
        metadata={
            "description": "A person's is masked for whoever merely oversees.",
            "example": "虚**",
        }
    )
    phone = MaskedPhoneField(allow_none=True)
    account_no = fields.String(allow_none=True)
    status = enum_field(Status)
    tier = enum_field(Tier)
    team_id = RecordIdField()
    owner_id = RecordIdField(allow_none=True)


CustomerItemPageSchema = page_schema(CustomerItemSchema)


class CustomerQuerySchema(PageQuerySchema):
    """Which customers are wanted."""

    q = TextField(
        longest=64,
        shortest=1,
        metadata={
            "description": "Part of a name, its pinyin or initials, the last four or more digits "
            "of a phone, or how an account number begins.",
            "example": "wxm",
        },
    )
    kind = enum_field(Kind)
    tier = enum_field(Tier)
    status = enum_field(Status)
    owner_id = RecordIdField()
    team_id = RecordIdField(metadata={"description": "This team and all beneath it."})
    tag_id = RecordIdField(metadata={"description": "Bears this tag."})
    birthday_from = DayField(metadata={"description": "Birthdays, lunar ones too, from this day…"})
    birthday_until = DayField(
        metadata={"description": f"…to this one, {LONGEST_SPAN_DAYS} days at the most."}
    )

    @ma.validates_schema
    def require_span(self, payload: Payload, **_: Any) -> None:
        """Make sure that both ends of a short span are given."""
        first, last = payload.get("birthday_from"), payload.get("birthday_until")
        if first is None and last is None:
            return
        if first is None or last is None:
            raise ma.ValidationError("Give both birthday_from and birthday_until.")
        if not 0 <= (last - first).days < LONGEST_SPAN_DAYS:
            raise ma.ValidationError(
                f"Choose a span of 1 to {LONGEST_SPAN_DAYS} days.", "birthday_until"
            )

    @ma.post_load
    def gather_span(self, payload: Payload, **_: Any) -> Payload:
        """Hand both ends of the span on as one thing."""
        span = payload.pop("birthday_from", None), payload.pop("birthday_until", None)
        return {**payload, "birthday": None if None in span else span}
