"""What may be done about customers who are one."""

from crm_api.customers.merging.service.merging import (
    merge_customers,
    preview_merge,
    undo_merge,
)
from crm_api.customers.merging.service.rules import let

__all__ = ["let", "merge_customers", "preview_merge", "undo_merge"]
