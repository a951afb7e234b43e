"""What a gateway may be refused."""

from __future__ import annotations

from crm_api.kit.errors import DomainError


class NotUncertain(DomainError):
    """Only a message of which nobody knows the end is settled by a person."""

    code = "not_uncertain"

    def __init__(self, *, state: str) -> None:
        super().__init__(f"The message is {state}; there is nothing to settle.", state=state)


class ReviewedAlready(DomainError):
    """Somebody read this message and decided otherwise."""

    code = "reviewed_already"

    def __init__(self) -> None:
        super().__init__("A colleague has reviewed this message with another verdict.")
