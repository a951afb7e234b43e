"""What may be asked about customers."""

from crm_api.customers.queries.access import (
    all_ids_of,
    count_portfolio,
    find_owner,
    find_with_account,
    get_customer,
    ids_of,
    limit_to,
    read_ahead,
    require_visible,
    shown_name,
    span_of,
    successor_of,
)
from crm_api.customers.queries.changes import fetch_changes, left_since
from crm_api.customers.queries.core_rows import core_row
from crm_api.customers.queries.extended import (
    fetch_anniversaries,
    fetch_life_events,
    fetch_wishes,
    find_anniversary,
    find_birthday,
    find_extended_profile,
    get_anniversary,
    get_life_event,
    get_wish,
)
from crm_api.customers.queries.facts import (
    GOVERNED,
    governed_facts,
    governed_of,
    reach_of,
    same_person_ids,
)
from crm_api.customers.queries.lists import fetch_customers
from crm_api.customers.queries.phones import fetch_phones, get_phone, phones_of
from crm_api.customers.queries.relations import (
    fetch_relations,
    find_relation,
    get_relation,
    great_key_person_ids,
    group_tiers,
    key_person_ids,
    same_person_links,
)
from crm_api.customers.queries.tiers import tier_thresholds

__all__ = [
    "GOVERNED",
    "all_ids_of",
    "core_row",
    "count_portfolio",
    "fetch_anniversaries",
    "fetch_changes",
    "fetch_customers",
    "fetch_life_events",
    "fetch_phones",
    "fetch_relations",
    "fetch_wishes",
    "find_anniversary",
    "find_birthday",
    "find_extended_profile",
    "find_owner",
    "find_relation",
    "find_with_account",
    "get_anniversary",
    "get_customer",
    "get_life_event",
    "get_phone",
    "get_relation",
    "get_wish",
    "governed_facts",
    "governed_of",
    "great_key_person_ids",
    "group_tiers",
    "ids_of",
    "key_person_ids",
    "left_since",
    "limit_to",
    "phones_of",
    "reach_of",
    "read_ahead",
    "require_visible",
    "same_person_ids",
    "same_person_links",
    "shown_name",
    "span_of",
    "successor_of",
    "tier_thresholds",
]
