"""What a gateway may be refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.kit.errors import DomainError

if TYPE_CHECKING:
    from crm_api.care.gateway.terms import Refusal


class ItemRefused(Exception):
    """One item of a call is refused; the answer to the call names it beside those taken.

    Not a `DomainError`: the request as a whole is answered with 200.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


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
