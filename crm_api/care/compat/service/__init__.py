"""The gateway's use cases as stock products ask for them, and the phones among these."""

from crm_api.care.compat.service.devices import (
    add_device,
    invite_again,
    register_device,
    remove_device,
    require_same_phone,
)
from crm_api.care.compat.service.kannel import take_kannel_reply, take_kannel_report
from crm_api.care.compat.service.offers import (
    begin_offers,
    lease_offers,
    offers_in_hand,
    room_of,
)
from crm_api.care.compat.service.smsgate import take_heard_sms, take_states

__all__ = [
    "add_device",
    "begin_offers",
    "invite_again",
    "lease_offers",
    "offers_in_hand",
    "register_device",
    "remove_device",
    "require_same_phone",
    "room_of",
    "take_heard_sms",
    "take_kannel_reply",
    "take_kannel_report",
    "take_states",
]
