"""What is refused about segments."""

from __future__ import annotations

from crm_api.kit.errors import DomainError


class SegmentInUse(DomainError):
    """Something else names the segment."""

    code = "segment_in_use"

    def __init__(self) -> None:
        super().__init__("Something names this segment, such as a policy or a ruling. Keep it.")


class SegmentIsBinding(DomainError):
    """Who is in it decides which policies bind whom."""

    status = 403
    code = "segment_is_binding"

    def __init__(self) -> None:
        super().__init__(
            "A policy names this segment: an administrator changes what it asks.", needs="admin"
        )


class NotYourSegment(DomainError):
    """Whoever made it changes it, or whoever leads its team."""

    status = 403
    code = "not_your_segment"

    def __init__(self, *, owner_id: str) -> None:
        super().__init__(
            "A colleague keeps this segment. Ask them, or make one of your own.", owner_id=owner_id
        )
