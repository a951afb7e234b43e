"""What may be asked about what is written."""

from crm_api.care.wording.queries.forbidden import (
    find_word_like,
    forbidden_words,
    get_forbidden_word,
    list_forbidden_words,
)
from crm_api.care.wording.queries.templates import (
    approved_versions,
    count_waiting,
    find_template,
    find_template_named,
    get_template,
    get_version,
    list_templates,
    list_versions,
)

__all__ = [
    "approved_versions",
    "count_waiting",
    "find_template",
    "find_template_named",
    "find_word_like",
    "forbidden_words",
    "get_forbidden_word",
    "get_template",
    "get_version",
    "list_forbidden_words",
    "list_templates",
    "list_versions",
]
