"""The governor's use cases. Each locks its subjects first, then reads the clock and the facts.

Whoever changes several slots in one transaction calls `lock_slots` for all of them first.
"""

from crm_api.contact_frequency.service.addressing import follow_numbers
from crm_api.contact_frequency.service.facts import (
    consume_slot,
    consume_slots,
    record_fact,
    recount_slot,
)
from crm_api.contact_frequency.service.following import follow_customers
from crm_api.contact_frequency.service.freezing import join_begins, stop_begins
from crm_api.contact_frequency.service.gates import begin_slots, start_visit_slot
from crm_api.contact_frequency.service.holding import lift_hold, place_hold
from crm_api.contact_frequency.service.locking import lock_plans, lock_slots
from crm_api.contact_frequency.service.looking import still_allowed
from crm_api.contact_frequency.service.losing import Loss, hear_of_losses
from crm_api.contact_frequency.service.moving import move_slot
from crm_api.contact_frequency.service.openings import find_openings
from crm_api.contact_frequency.service.policies import (
    add_version,
    create_policy,
    ensure_default_policies,
)
from crm_api.contact_frequency.service.rechecking import (
    count_ahead,
    recheck_next,
    recheck_noted,
)
from crm_api.contact_frequency.service.replanning import Rechecked
from crm_api.contact_frequency.service.replaying import explain_decisions, replay
from crm_api.contact_frequency.service.reserving import (
    preflight,
    preflight_plans,
    reserve_slot,
    reserve_slots,
)
from crm_api.contact_frequency.service.settling import (
    doubt_slots,
    expire_slot,
    expire_slots,
    firm_due,
    firm_slots,
    release_slot,
    release_slots,
    return_slots,
    withdraw_slot,
)
from crm_api.contact_frequency.service.suppressing import is_opted_out, lock_number, opt_in, opt_out

__all__ = [
    "Loss",
    "Rechecked",
    "add_version",
    "begin_slots",
    "consume_slot",
    "consume_slots",
    "count_ahead",
    "create_policy",
    "doubt_slots",
    "ensure_default_policies",
    "expire_slot",
    "expire_slots",
    "explain_decisions",
    "find_openings",
    "firm_due",
    "firm_slots",
    "follow_customers",
    "follow_numbers",
    "hear_of_losses",
    "is_opted_out",
    "join_begins",
    "lift_hold",
    "lock_number",
    "lock_plans",
    "lock_slots",
    "move_slot",
    "opt_in",
    "opt_out",
    "place_hold",
    "preflight",
    "preflight_plans",
    "recheck_next",
    "recheck_noted",
    "record_fact",
    "recount_slot",
    "release_slot",
    "release_slots",
    "replay",
    "reserve_slot",
    "reserve_slots",
    "return_slots",
    "start_visit_slot",
    "still_allowed",
    "stop_begins",
    "withdraw_slot",
]
