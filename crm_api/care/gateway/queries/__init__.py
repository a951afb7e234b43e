"""What is ready, who holds what, and what was said of it."""

from crm_api.care.gateway.queries.desk import list_stuck, list_unmatched
from crm_api.care.gateway.queries.inbound import (
    actions_of,
    customers_on,
    find_opt_out_source,
    get_inbound,
    has_refused_since,
    list_inbound,
    lock_inbound,
    replies_of,
    was_refused_later,
)
from crm_api.care.gateway.queries.outbox import (
    find_messages,
    is_anything_ready,
    is_lapsed,
    is_ready,
    lock_messages,
    lock_states,
    lock_to_begin,
    messages_held,
)
from crm_api.care.gateway.queries.records import (
    attempts_of,
    events_of,
    find_attempts,
    get_message,
    matchable_reports,
    messages_of_attempts,
    reports_of,
    waiting_reports,
)

__all__ = [
    "actions_of",
    "attempts_of",
    "customers_on",
    "events_of",
    "find_attempts",
    "find_messages",
    "find_opt_out_source",
    "get_inbound",
    "get_message",
    "has_refused_since",
    "is_anything_ready",
    "is_lapsed",
    "is_ready",
    "list_inbound",
    "list_stuck",
    "list_unmatched",
    "lock_inbound",
    "lock_messages",
    "lock_states",
    "lock_to_begin",
    "matchable_reports",
    "messages_held",
    "messages_of_attempts",
    "replies_of",
    "reports_of",
    "waiting_reports",
    "was_refused_later",
]
