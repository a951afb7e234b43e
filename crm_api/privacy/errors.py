"""What is refused about erasures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.kit.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Sequence


class ErasureOpen(DomainError):
    """Somebody asked for this already, and it is not settled."""

    code = "erasure_open"

    def __init__(self, *, erasure_id: str) -> None:
        super().__init__("An erasure of this customer is under way.", erasure_id=erasure_id)


class ErasureDecided(DomainError):
    """The request is settled."""

    code = "erasure_decided"

    def __init__(self, *, status: str) -> None:
        super().__init__("This request was settled before.", erasure_status=status)


class NeedsSecondPerson(DomainError):
    """Nobody erases a customer alone."""

    status = 403
    code = "needs_second_person"

    def __init__(self) -> None:
        super().__init__("Somebody else than who asked for it must approve or refuse this.")


class ErasureBlocked(DomainError):
    """Something is open with the customer that must be ended first."""

    code = "erasure_blocked"

    def __init__(self, *, blocked_by: Sequence[dict[str, Any]]) -> None:
        super().__init__(
            "Something is open with this customer. End it, then approve again; see `blocked_by`.",
            blocked_by=list(blocked_by),
        )
