"""The gateway's use cases as stock products ask for them."""

from crm_api.care.compat.service.kannel import take_kannel_reply, take_kannel_report
from crm_api.care.compat.service.offers import begin_offers, lease_offers

__all__ = ["begin_offers", "lease_offers", "take_kannel_reply", "take_kannel_report"]
