"""What one may do with the library."""

from crm_api.preparation.library.service.approving import (
    approve_version,
    reject_version,
    retire_entry,
    withdraw_version,
)
from crm_api.preparation.library.service.proposing import propose_entry, propose_version
from crm_api.preparation.library.service.serving import list_versions, suitable_words

__all__ = [
    "approve_version",
    "list_versions",
    "propose_entry",
    "propose_version",
    "reject_version",
    "retire_entry",
    "suitable_words",
    "withdraw_version",
]
