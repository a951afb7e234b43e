"""Use cases of feeds."""

from crm_api.sync.feeding.queries import current_epoch
from crm_api.sync.feeding.service.following import deliver_again, feed_touched
from crm_api.sync.feeding.service.portfolios import (
    activate,
    follow_covers,
    reconcile_feed,
    vacate,
)
from crm_api.sync.feeding.service.upkeep import (
    find_faults,
    follow_covers_in_force,
    purge_tombstones,
    repair_feed,
    retire_feed,
)

__all__ = [
    "activate",
    "current_epoch",
    "deliver_again",
    "feed_touched",
    "find_faults",
    "follow_covers",
    "follow_covers_in_force",
    "purge_tombstones",
    "reconcile_feed",
    "repair_feed",
    "retire_feed",
    "vacate",
]
