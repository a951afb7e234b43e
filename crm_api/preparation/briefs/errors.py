"""What may be refused about a brief."""

from __future__ import annotations

from crm_api.kit.errors import DomainError


class BriefChanged(DomainError):
    """The brief is no longer what was read."""

    code = "brief_changed"

    def __init__(self, *, current_digest: str) -> None:
        super().__init__(
            "Something changed since you fetched the brief. Read it again.",
            current_digest=current_digest,
        )
