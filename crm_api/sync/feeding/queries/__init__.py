"""Reads of feeds, and of what they should hold."""

from crm_api.sync.feeding.queries.differences import (
    compare_customers,
    compare_feed,
    compare_records,
    lock_feeds,
)
from crm_api.sync.feeding.queries.hanging import briefs_beside, children_of_visits
from crm_api.sync.feeding.queries.standing import (
    active_feeds,
    covers_in_force,
    current_epoch,
    followed_covers,
    lagging_feeds,
    misnumbered,
    row_at,
    today_at,
    unread_feeds,
)

__all__ = [
    "active_feeds",
    "briefs_beside",
    "children_of_visits",
    "compare_customers",
    "compare_feed",
    "compare_records",
    "covers_in_force",
    "current_epoch",
    "followed_covers",
    "lagging_feeds",
    "lock_feeds",
    "misnumbered",
    "row_at",
    "today_at",
    "unread_feeds",
]
