"""What may be refused about a promise."""

from __future__ import annotations

from crm_api.kit.errors import DomainError


class NotEscalated(DomainError):
    """Nobody told the manager of this promise, or it is settled."""

    code = "promise_not_escalated"

    def __init__(self) -> None:
        super().__init__("This promise waits for no answer: it is in time, or settled.")
