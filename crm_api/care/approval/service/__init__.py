"""What managers may do about a day."""

from crm_api.care.approval.service.ruling import lift_ruling, rule

__all__ = ["lift_ruling", "rule"]
