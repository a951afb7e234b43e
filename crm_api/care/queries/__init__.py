"""What may be asked about care."""

from crm_api.care.queries.batches import (
    claim_batch,
    cut_keys,
    drop_batches,
    is_batch_left,
    lock_round,
    open_people,
    refusals_of,
)
from crm_api.care.queries.due import (
    count_due,
    planned_occurrences,
)
from crm_api.care.queries.filters import conditions, opted_out_after
from crm_api.care.queries.messages import get_message, list_messages
from crm_api.care.queries.templates import (
    find_template,
    find_template_named,
    get_template,
    get_version,
    list_templates,
    words_for,
)
from crm_api.care.queries.told import find_told

__all__ = [
    "claim_batch",
    "conditions",
    "count_due",
    "cut_keys",
    "drop_batches",
    "find_template",
    "find_template_named",
    "find_told",
    "get_message",
    "get_template",
    "get_version",
    "is_batch_left",
    "list_messages",
    "list_templates",
    "lock_round",
    "open_people",
    "opted_out_after",
    "planned_occurrences",
    "refusals_of",
    "words_for",
]
