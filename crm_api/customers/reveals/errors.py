"""What is refused about what is masked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.kit.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Callable


class NothingToReveal(DomainError):
    """The customer has no such number."""

    code = "nothing_to_reveal"

    def __init__(self, *, field: str) -> None:
        super().__init__("Nothing is kept in this field.", field=field)


class RevealExpired(DomainError):
    """What was shown for a reason is masked again once its time is over."""

    status = 410
    code = "reveal_expired"

    def __init__(self) -> None:
        super().__init__("The time is over. Reveal it again, and say why.")


class RevealQuotaSpent(DomainError):
    """More was revealed today than one person's work needs."""

    status = 429
    code = "reveal_quota_spent"

    def __init__(self, *, per_day: int, retry_after: int, remember: Callable[[], None]) -> None:
        super().__init__(
            "You revealed as much as one day allows. Ask your manager if work needs more.",
            remember=remember,
            per_day=per_day,
            retry_after=retry_after,
        )
