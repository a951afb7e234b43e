"""The four facts, and a customer at a glance."""

from __future__ import annotations

from marshmallow import fields

from crm_api.contact_history.schemas.contacts import ContactSchema
from crm_api.contact_history.schemas.fields import enum_field
from crm_api.customers.terms import Gender, Kind, Status, Tier
from crm_api.kit.schemas import DayField, MomentField, RecordIdField, Schema


class ContactFactsSchema(Schema):
    """The four facts about a customer's contacts, each null where there was none."""

    customer_id = RecordIdField(required=True)
    last_attempt_at = MomentField(
        required=True, allow_none=True, metadata={"description": "We last tried."}
    )
    last_two_way_at = MomentField(
        required=True, allow_none=True, metadata={"description": "We last spoke with each other."}
    )
    last_begun_by_customer_at = MomentField(
        required=True, allow_none=True, metadata={"description": "The customer last turned to us."}
    )
    last_visit_at = MomentField(
        required=True, allow_none=True, metadata={"description": "We last met on a visit."}
    )


class FactsSchema(ContactFactsSchema):
    """The four facts about a customer's contacts, each null where there was none."""

    class Meta:
        """Whose facts they are stands beside them."""

        exclude = ("customer_id",)


class CustomerGlanceSchema(Schema):
    """Who the customer is, in brief; numbers are masked."""

    id = RecordIdField(required=True)
    version = fields.Integer(required=True)
    kind = enum_field(Kind, required=True)
    name = fields.String(required=True)
    gender = enum_field(Gender, required=True)
    birth_on = DayField(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True, metadata={"example": "+86****1234"})
    status = enum_field(Status, required=True)
    tier = enum_field(Tier, required=True)
    joined_on = DayField(required=True, allow_none=True)
    account_no = fields.String(required=True, allow_none=True)
    plan_name = fields.String(required=True)
    contract_end_on = DayField(required=True, allow_none=True)
    balance_fen = fields.Integer(required=True, allow_none=True)
    team_id = RecordIdField(required=True)
    owner_id = RecordIdField(required=True, allow_none=True)


class OverviewSchema(Schema):
    """A customer at a glance, with the newest contacts as they stand."""

    customer = fields.Nested(CustomerGlanceSchema, required=True)
    facts = fields.Nested(FactsSchema, required=True)
    contacts = fields.List(fields.Nested(ContactSchema), required=True)
