"""The words of a promise."""

from enum import StrEnum


class PromiseState(StrEnum):
    """How a promise stands; the first three are all open."""

    OPEN = "open"
    OVERDUE = "overdue"
    ESCALATED = "escalated"  # told to the manager, who has not answered yet
    KEPT = "kept"
    WITHDRAWN = "withdrawn"


class PromiseChangeKind(StrEnum):
    """What happened to a promise."""

    MADE = "made"
    MOVED = "moved"
    KEPT = "kept"
    WITHDRAWN = "withdrawn"
    ESCALATED = "escalated"
    ANSWERED = "answered"
