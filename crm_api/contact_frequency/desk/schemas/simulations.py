"""What a simulation shows."""

from __future__ import annotations

from marshmallow import fields

from crm_api.contact_frequency.desk.terms import Effect
from crm_api.customers.terms import Category, Channel, Tier
from crm_api.kit.schemas import MomentField, PageQuerySchema, RecordIdField, Schema


class SimulatedGroupSchema(Schema):
    """How many contacts of one kind."""

    tier = fields.Enum(Tier, by_value=True)
    channel = fields.Enum(Channel, by_value=True)
    category = fields.Enum(Category, by_value=True)
    contacts = fields.Integer()


class SimulatedCountSchema(Schema):
    """How many contacts, of how many customers, and of which kinds."""

    contacts = fields.Integer()
    customers = fields.Integer()
    groups = fields.List(fields.Nested(SimulatedGroupSchema))


class CoverageFiguresSchema(Schema):
    """Customers, and the days on which they could be contacted once more."""

    customers = fields.Integer()
    reachable_before = fields.Integer(
        metadata={"description": "Customers with at least one free day before the change."}
    )
    reachable_after = fields.Integer()
    free_days_before = fields.Integer(
        metadata={
            "description": "Of the 30 days ahead, those on whose noon one more contact of this "
            "channel and category would be allowed; over all customers."
        }
    )
    free_days_after = fields.Integer()


class TierCoverageSchema(CoverageFiguresSchema):
    """The figures of one tier."""

    tier = fields.Enum(Tier, by_value=True)


class SimulatedCoverageSchema(CoverageFiguresSchema):
    """The figures of all whom the change concerns."""

    changed_customers = fields.Integer()
    tiers = fields.List(fields.Nested(TierCoverageSchema))


class PolicySimulationSchema(Schema):
    """What a draft would have done in the last 90 days and would do in the 30 from its first.

    Policies only: wishes, opt-outs and holds are the same before and after. Counted over the
    customers whom the reader may see; the lists beside it have a row for each that is counted.
    """

    id = fields.String()
    draft_id = fields.String()
    content_digest = fields.String()
    is_current = fields.Boolean(metadata={"description": "The draft still says the same."})
    by_id = fields.String()
    past_from = MomentField()
    ahead_from = MomentField()
    ahead_until = MomentField()
    channel = fields.Enum(Channel, by_value=True)
    category = fields.Enum(Category, by_value=True)
    refused = fields.Nested(
        SimulatedCountSchema, metadata={"description": "Made, and would have been refused."}
    )
    fallen = fields.Nested(
        SimulatedCountSchema, metadata={"description": "Planned, and becomes illegal."}
    )
    coverage = fields.Nested(SimulatedCoverageSchema)
    created_at = MomentField()


class SimulatedContactsQuerySchema(PageQuerySchema):
    """Which contacts."""

    effect = fields.Enum(Effect, by_value=True, load_default=None)
    customer_id = RecordIdField(load_default=None)
    tier = fields.Enum(Tier, by_value=True, load_default=None)
    channel = fields.Enum(Channel, by_value=True, load_default=None)
    category = fields.Enum(Category, by_value=True, load_default=None)


class SimulatedContactSchema(Schema):
    """A contact that the draft refuses and the policies of today do not."""

    slot_id = fields.String()
    effect = fields.Enum(Effect, by_value=True)
    customer_id = fields.String()
    at = MomentField()
    tier = fields.Enum(Tier, by_value=True)
    channel = fields.Enum(Channel, by_value=True)
    category = fields.Enum(Category, by_value=True)
    policy_key = fields.String()


class SimulatedCustomerSchema(Schema):
    """A customer whose free days change."""

    customer_id = fields.String()
    free_days_before = fields.Integer()
    free_days_after = fields.Integer()
