"""Which messages are held, and what was ruled."""

from crm_api.care.approval.queries.rulings import (
    get_ruling,
    held_among,
    is_held,
    is_stopped,
    list_rulings,
)

__all__ = ["get_ruling", "held_among", "is_held", "is_stopped", "list_rulings"]
