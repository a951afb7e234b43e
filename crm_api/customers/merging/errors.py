"""What is refused about merging customers."""

from __future__ import annotations

from crm_api.kit.errors import DomainError


class NotMergeable(DomainError):
    """These two cannot be one customer."""

    status = 422
    code = "not_mergeable"

    def __init__(self, why: str) -> None:
        super().__init__(why)


class LaterMergeFirst(DomainError):
    """Another merge was laid upon this one: they are taken back in the other order."""

    code = "later_merge_first"

    def __init__(self, *, merge_id: str) -> None:
        super().__init__("Take back the later merge of this customer first.", merge_id=merge_id)
