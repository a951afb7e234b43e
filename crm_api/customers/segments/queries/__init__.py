"""Which segments there are, and who is in them."""

from crm_api.customers.segments.queries.lists import fetch_segments, fetch_versions, get_segment
from crm_api.customers.segments.queries.membership import (
    all_of,
    is_in,
    is_in_segment,
    memberships,
    versions_of,
)

__all__ = [
    "all_of",
    "fetch_segments",
    "fetch_versions",
    "get_segment",
    "is_in",
    "is_in_segment",
    "memberships",
    "versions_of",
]
