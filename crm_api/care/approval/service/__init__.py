"""What managers may do about a day."""

from crm_api.care.approval.service.ruling import lift_ruling, rule
from crm_api.care.approval.service.showing import show_day

__all__ = ["lift_ruling", "rule", "show_day"]
