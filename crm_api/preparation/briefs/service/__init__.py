"""What one may do with briefs."""

from crm_api.preparation.briefs.service.briefs import (
    acknowledge_brief,
    freeze_brief,
    get_brief,
    get_frozen,
    list_frozen,
)
from crm_api.preparation.briefs.service.printing import print_brief

__all__ = [
    "acknowledge_brief",
    "freeze_brief",
    "get_brief",
    "get_frozen",
    "list_frozen",
    "print_brief",
]
