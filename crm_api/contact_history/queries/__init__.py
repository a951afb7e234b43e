"""Read the history, never more of it than the caller may see."""

from crm_api.contact_history.queries.chains import Link, count_owners, stream_links
from crm_api.contact_history.queries.entries import (
    SHOWN,
    find_all_told,
    find_entry,
    find_told,
    get_contact,
    is_slot_shared,
    require_standing,
    stands,
)
from crm_api.contact_history.queries.facts import contact_facts, count_facts, get_facts
from crm_api.contact_history.queries.ledger import (
    has_overrun,
    overrunning,
    overruns_of,
    plans_to_move,
)
from crm_api.contact_history.queries.overviews import CORE_FIELDS, get_overview
from crm_api.contact_history.queries.timelines import (
    conditions,
    latest_contacts,
    list_contacts,
)
from crm_api.contact_history.queries.withdrawals import (
    find_open_withdrawal,
    get_withdrawal,
    list_withdrawals,
)

__all__ = [
    "CORE_FIELDS",
    "SHOWN",
    "Link",
    "conditions",
    "contact_facts",
    "count_facts",
    "count_owners",
    "find_all_told",
    "find_entry",
    "find_open_withdrawal",
    "find_told",
    "get_contact",
    "get_facts",
    "get_overview",
    "get_withdrawal",
    "has_overrun",
    "is_slot_shared",
    "latest_contacts",
    "list_contacts",
    "list_withdrawals",
    "overrunning",
    "overruns_of",
    "plans_to_move",
    "require_standing",
    "stands",
    "stream_links",
]
