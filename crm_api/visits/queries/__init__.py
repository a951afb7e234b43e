"""What may be asked about visits."""

from crm_api.visits.queries.colleagues import find_colleagues, possible_colleagues
from crm_api.visits.queries.customers import (
    UNMET,
    find_last_recorded,
    get_fact,
    groups_of,
    learned_at,
    learned_facts,
    require_customers,
)
from crm_api.visits.queries.tasks import (
    follow_ups,
    get_follow_up,
    is_slot_reserved,
    open_follow_ups,
)
from crm_api.visits.queries.visits import (
    are_objectives_taken,
    find_last_digest,
    find_note,
    find_position_before,
    find_standing_contact,
    find_taken,
    get_seen_visit,
    get_visit,
    is_unclosed,
    notes,
    overruns_of,
    reasons_of,
    unclosed_visits,
    visits,
)

__all__ = [
    "UNMET",
    "are_objectives_taken",
    "find_colleagues",
    "find_last_digest",
    "find_last_recorded",
    "find_note",
    "find_position_before",
    "find_standing_contact",
    "find_taken",
    "follow_ups",
    "get_fact",
    "get_follow_up",
    "get_seen_visit",
    "get_visit",
    "groups_of",
    "is_slot_reserved",
    "is_unclosed",
    "learned_at",
    "learned_facts",
    "notes",
    "open_follow_ups",
    "overruns_of",
    "possible_colleagues",
    "reasons_of",
    "require_customers",
    "unclosed_visits",
    "visits",
]
