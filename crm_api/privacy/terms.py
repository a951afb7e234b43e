"""The words of erasures."""

from enum import StrEnum


class ErasureStatus(StrEnum):
    """How far an erasure has come."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"
