"""What is refused about duplicates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.kit.errors import DomainError

if TYPE_CHECKING:
    from crm_api.customers.duplicates.terms import DuplicateState


class DuplicateSettled(DomainError):
    """Somebody decided about the two already."""

    code = "duplicate_settled"

    def __init__(self, *, state: DuplicateState) -> None:
        super().__init__("These two were merged, or dismissed for another reason.", state=state)
