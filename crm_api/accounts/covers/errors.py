"""What may be refused of a cover."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.kit.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Sequence


class CoverClash(DomainError):
    """Other covers of that time leave no doubt who looks after a portfolio; this one would."""

    code = "cover_clash"

    def __init__(self, clashes: Sequence[dict[str, str]]) -> None:
        super().__init__(
            "Another cover of that time stands in the way. End it, or choose another time.",
            clashes=list(clashes),
        )


class CoverOver(DomainError):
    """The cover has ended, and what it was stays on record."""

    code = "cover_over"

    def __init__(self) -> None:
        super().__init__("This cover has ended. Arrange a new one.")
