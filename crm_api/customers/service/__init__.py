"""What may be done with customers."""

from crm_api.customers.service.anniversaries import (
    add_anniversary,
    change_anniversary,
    confirm_anniversary,
    remove_anniversary,
)
from crm_api.customers.service.creation import add_customers, create_customer
from crm_api.customers.service.encryption import encrypt_anew
from crm_api.customers.service.extended import change_extended_profile, get_extended_profile
from crm_api.customers.service.leavers import deactivate_staff
from crm_api.customers.service.life_events import (
    change_life_event,
    note_life_event,
    remove_life_event,
)
from crm_api.customers.service.ownership import transfer_customer
from crm_api.customers.service.phones import add_phone, make_primary, remove_phone
from crm_api.customers.service.profile import change_customer
from crm_api.customers.service.relations import change_relation, link_customers, unlink_customers
from crm_api.customers.service.standing import set_status
from crm_api.customers.service.tiers import assess_tier, set_tier
from crm_api.customers.service.wishes import lift_wish, note_wish

__all__ = [
    "add_anniversary",
    "add_customers",
    "add_phone",
    "assess_tier",
    "change_anniversary",
    "change_customer",
    "change_extended_profile",
    "change_life_event",
    "change_relation",
    "confirm_anniversary",
    "create_customer",
    "deactivate_staff",
    "encrypt_anew",
    "get_extended_profile",
    "lift_wish",
    "link_customers",
    "make_primary",
    "note_life_event",
    "note_wish",
    "remove_anniversary",
    "remove_life_event",
    "remove_phone",
    "set_status",
    "set_tier",
    "transfer_customer",
    "unlink_customers",
]
