"""Who the customer is, as far as somebody at the door should know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.customers.policies.masking import mask_phone
from crm_api.customers.terms import Kind
from crm_api.preparation.briefs import queries

if TYPE_CHECKING:
    from crm_api.customers.models import Customer

CORE = (
    "id",
    "name",
    "kind",
    "gender",
    "birth_on",
    "tier",
    "status",
    "joined_on",
    "plan_name",
    "contract_end_on",
    "balance_fen",
)
EXTENDED: dict[str, Any] = {
    "interests": [],
    "traits": [],
    "small_requests": [],
    "remarks": "",
    "communication_style": None,
    "preferred_channel": None,
    "preferred_from": None,
    "preferred_until": None,
    "employer": "",
    "title": "",
}


def profile_of(customer: Customer) -> dict[str, Any]:
    """Return a customer's profile, the number masked, and a group's key persons."""
    extended = queries.find_profile(customer.id)
    persons = queries.key_persons(customer) if customer.kind is Kind.GROUP else []
    return {
        **{name: getattr(customer, name) for name in CORE},
        "phone": mask_phone(customer.phone),
        **{name: getattr(extended, name, empty) for name, empty in EXTENDED.items()},
        "key_persons": [
            {
                "customer_id": relation.other_id,
                "name": name,
                "role": relation.role,
                "influence": relation.influence,
            }
            for relation, name in persons
        ],
    }
