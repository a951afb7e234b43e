"""The use cases of handovers."""

from crm_api.customers.handovers.service.opening import call_off, open_handover
from crm_api.customers.handovers.service.previewing import preview_handover, show_remains
from crm_api.customers.handovers.service.showing import show_handover, show_handovers
from crm_api.customers.handovers.service.undoing import undo_handover
from crm_api.customers.handovers.service.working import work_on

__all__ = [
    "call_off",
    "open_handover",
    "preview_handover",
    "show_handover",
    "show_handovers",
    "show_remains",
    "undo_handover",
    "work_on",
]
