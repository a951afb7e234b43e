"""What may be asked about handovers."""

from crm_api.customers.handovers.queries.handovers import (
    count_outcomes,
    get_handover,
    list_handed_customers,
    list_handovers,
    shares_of,
)
from crm_api.customers.handovers.queries.portfolios import (
    count_by_status,
    find_clashing,
    find_open_ids,
    find_visible,
    hold_receivers,
    lock_portfolio,
    read_rest,
    tiers_of,
)
from crm_api.customers.handovers.queries.work import (
    find_due_ids,
    find_items,
    find_moved_rows,
    find_state,
    lock_handover,
    lock_items,
)

__all__ = [
    "count_by_status",
    "count_outcomes",
    "find_clashing",
    "find_due_ids",
    "find_items",
    "find_moved_rows",
    "find_open_ids",
    "find_state",
    "find_visible",
    "get_handover",
    "hold_receivers",
    "list_handed_customers",
    "list_handovers",
    "lock_handover",
    "lock_items",
    "lock_portfolio",
    "read_rest",
    "shares_of",
    "tiers_of",
]
