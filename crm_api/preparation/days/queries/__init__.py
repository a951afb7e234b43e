"""What a day is planned from, as far as no floor below offers it."""

from crm_api.preparation.days.queries.agendas import (
    count_late_promises,
    count_team_day,
    fixed_visits,
    tasks_due,
    visits_between,
)
from crm_api.preparation.days.queries.candidates import (
    anniversaries_falling,
    contracts_ending,
    find_candidates,
    life_events_between,
    portfolio_of,
    silent_customers,
    tasks_open,
)
from crm_api.preparation.days.queries.meeting import groups_of_each, with_visit_ahead

__all__ = [
    "anniversaries_falling",
    "contracts_ending",
    "count_late_promises",
    "count_team_day",
    "find_candidates",
    "fixed_visits",
    "groups_of_each",
    "life_events_between",
    "portfolio_of",
    "silent_customers",
    "tasks_due",
    "tasks_open",
    "visits_between",
    "with_visit_ahead",
]
