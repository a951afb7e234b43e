"""What a handover would take along, and what a leaver still answers for. Nothing is stored."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from crm_api.accounts import queries as accounts
from crm_api.customers.handovers import queries
from crm_api.customers.handovers.service.drafting import draft, require_receivers
from crm_api.customers.service import belongings
from crm_api.customers.terms import Tier

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor


def preview_handover(content: dict[str, Any], *, by: Actor, now: datetime) -> dict[str, Any]:
    """Return whom each would receive if it were done now, and what goes along.

    :raises NotFound: if there is no such giver, or none whom the actor may see
    :raises Invalid: if a customer is not the giver's, a receiver cannot have them, or it is late
    :raises NothingToHandOver: if the giver has nobody to give
    :raises HandoverClash: if some are being handed over already
    """
    wanted = draft(content, by=by, now=now)
    require_receivers(wanted.shares, giver_id=wanted.giver_id, by=by)
    receivers = wanted.receivers
    tiers = queries.tiers_of(receivers)
    along = belongings.count_open_rows(receivers, owner_id=wanted.giver_id)
    shares = []
    for share in wanted.shares:
        theirs = [one for one, receiver in receivers.items() if receiver == share.receiver_id]
        counted = Counter(tiers[one] for one in theirs)
        shares.append(
            {
                "receiver_id": share.receiver_id,
                "customers": len(theirs),
                "tiers": {tier: counted[tier] for tier in Tier},
                "goes_along": {
                    name: sum(counts.get(one, 0) for one in theirs)
                    for name, counts in along.items()
                },
            }
        )
    return {
        "giver_id": wanted.giver_id,
        "takes_effect_at": wanted.takes_effect_at,
        "customers": len(receivers),
        "shares": shares,
    }


def show_remains(staff_id: str, *, visible_to: Actor) -> dict[str, Any]:
    """Return what somebody still answers for, and would leave behind.

    :raises NotFound: if there is no such person, or none whom the actor may see
    """
    accounts.get_staff(staff_id, visible_to=visible_to)
    return {
        "staff_id": staff_id,
        "customers": queries.count_by_status(staff_id),
        "open": belongings.count_rows_naming(staff_id),
        "handover_ids": queries.find_open_ids(staff_id),
    }
