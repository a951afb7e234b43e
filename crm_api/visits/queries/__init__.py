"""What may be asked about visits."""

from crm_api.visits.queries.customers import (
    UNMET,
    find_last_recorded,
    groups_of,
    learned_at,
    learned_facts,
    require_customers,
)
from crm_api.visits.queries.tasks import (
    follow_ups,
    get_follow_up,
    get_promise,
    is_slot_reserved,
    open_follow_ups,
    open_promises,
    promises,
)
from crm_api.visits.queries.visits import (
    find_last_digest,
    find_note,
    find_position_before,
    find_standing_contact,
    find_taken,
    get_visit,
    is_unclosed,
    notes,
    unclosed_visits,
    visits,
    warnings_of,
)

__all__ = [
    "UNMET",
    "find_last_digest",
    "find_last_recorded",
    "find_note",
    "find_position_before",
    "find_standing_contact",
    "find_taken",
    "follow_ups",
    "get_follow_up",
    "get_promise",
    "get_visit",
    "groups_of",
    "is_slot_reserved",
    "is_unclosed",
    "learned_at",
    "learned_facts",
    "notes",
    "open_follow_ups",
    "open_promises",
    "promises",
    "require_customers",
    "unclosed_visits",
    "visits",
    "warnings_of",
]
