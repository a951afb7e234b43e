"""What may be asked about care."""

from crm_api.care.queries.due import (
    count_due,
    due_people,
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
    "conditions",
    "count_due",
    "due_people",
    "find_template",
    "find_template_named",
    "find_told",
    "get_message",
    "get_template",
    "get_version",
    "list_messages",
    "list_templates",
    "opted_out_after",
    "planned_occurrences",
    "words_for",
]
