"""What may be refused of an issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.kit.errors import DomainError

if TYPE_CHECKING:
    from datetime import datetime


class IssueSettled(DomainError):
    """Somebody dealt with it already, in other words."""

    code = "issue_settled"

    def __init__(self, *, settled_at: datetime, settled_how: str) -> None:
        super().__init__(
            "This is settled, and how stays on record.",
            settled_at=settled_at,
            settled_how=settled_how,
        )
