"""What may be asked about care."""

from crm_api.care.queries.batches import (
    claim_batch,
    cut_keys,
    drop_batches,
    is_batch_left,
    lock_round,
    open_people,
    refusals_of,
    seen_reach,
)
from crm_api.care.queries.due import (
    count_due,
    due_customer,
    planned_occurrences,
    style_of,
)
from crm_api.care.queries.filters import conditions, limit_to_customers, opted_out_after
from crm_api.care.queries.messages import get_message, list_messages
from crm_api.care.queries.told import find_told

__all__ = [
    "claim_batch",
    "conditions",
    "count_due",
    "cut_keys",
    "drop_batches",
    "due_customer",
    "find_told",
    "get_message",
    "is_batch_left",
    "limit_to_customers",
    "list_messages",
    "lock_round",
    "open_people",
    "opted_out_after",
    "planned_occurrences",
    "refusals_of",
    "seen_reach",
    "style_of",
]
