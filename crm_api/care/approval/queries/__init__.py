"""Which messages are held, what was ruled, and what goes out."""

from crm_api.care.approval.queries.days import (
    held_by_level,
    list_runs,
    refused_by_team,
    waiting_by_team,
)
from crm_api.care.approval.queries.rulings import (
    get_ruling,
    held_among,
    is_from_above,
    is_held,
    is_stopped,
    is_stopped_where,
    keep_members,
    list_rulings,
)

__all__ = [
    "get_ruling",
    "held_among",
    "held_by_level",
    "is_from_above",
    "is_held",
    "is_stopped",
    "is_stopped_where",
    "keep_members",
    "list_rulings",
    "list_runs",
    "refused_by_team",
    "waiting_by_team",
]
