"""What is refused about merging customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.kit.errors import DomainError

if TYPE_CHECKING:
    from datetime import datetime


class NotMergeable(DomainError):
    """These two cannot be one customer."""

    status = 422
    code = "not_mergeable"

    def __init__(self, why: str) -> None:
        super().__init__(why)


class UndoTooLate(DomainError):
    """The time in which a merge may be taken back is over."""

    code = "undo_too_late"

    def __init__(self, *, undo_until: datetime) -> None:
        super().__init__(
            "This merge can no longer be taken back.", undo_until=undo_until.isoformat()
        )


class LaterMergeFirst(DomainError):
    """Another merge was laid upon this one: they are taken back in the other order."""

    code = "later_merge_first"

    def __init__(self, *, merge_id: str) -> None:
        super().__init__("Take back the later merge of this customer first.", merge_id=merge_id)
