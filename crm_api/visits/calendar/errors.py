"""What may be refused about calendar feeds."""

from __future__ import annotations

from crm_api.kit.errors import DomainError


class TooManyFeeds(DomainError):
    """Each address is a way out for what customers do: nobody needs many."""

    code = "too_many_calendar_feeds"

    def __init__(self, *, most: int) -> None:
        super().__init__("Revoke a feed before you make another one.", most=most)


class FeedRevoked(DomainError):
    """A revoked feed stays revoked: its address may be known to anybody."""

    code = "calendar_feed_revoked"

    def __init__(self) -> None:
        super().__init__("This feed was revoked. Make a new one.")
