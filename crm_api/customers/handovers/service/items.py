"""The customers of a handover, one by one: who goes to whom, and how that went."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from crm_api import config
from crm_api.customers.handovers import queries
from crm_api.customers.handovers.models import HandedCustomer
from crm_api.customers.handovers.service.telling import tell
from crm_api.customers.handovers.terms import HandoverState, Outcome
from crm_api.customers.models import CustomerChange
from crm_api.customers.service.changes import change_row
from crm_api.customers.terms import Aspect
from crm_api.kit.bulk import insert_rows
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from crm_api.customers.handovers.models import Handover
    from crm_api.customers.models import Customer

AT_ONCE = 200  # customers in a transaction: their locks are held for as long as it takes


def keep_items(handover: Handover, receivers: Mapping[str, str]) -> None:
    """Write down who is to go to whom."""
    items = [
        {
            "handover_id": handover.id,
            "customer_id": customer_id,
            "receiver_id": receiver_id,
            "team_id_before": None,
            "outcome": Outcome.WAITING,
        }
        for customer_id, receiver_id in sorted(receivers.items())
    ]
    insert_rows(HandedCustomer, items)


def change_owner(
    customers: Iterable[tuple[Customer, str]],
    *,
    owner_id: str,
    reason: str,
    by_id: str,
    now: datetime,
) -> None:
    """Give customers to an account manager, each into the team named with it."""
    changes = []
    for customer, team_id in customers:
        before = {"owner_id": customer.owner_id, "team_id": customer.team_id}
        customer.owner_id, customer.team_id = owner_id, team_id
        after = {"owner_id": owner_id, "team_id": team_id}
        row = change_row(
            customer.id,
            Aspect.OWNERSHIP,
            before=before,
            after=after,
            reason=reason,
            by_id=by_id,
            now=now,
        )
        changes.append(row)
    insert_rows(CustomerChange, changes)


def finish_if_done(handover: Handover, *, now: datetime) -> None:
    """Close a handover of which no customer waits any more."""
    db.session.flush()
    is_back = handover.state is HandoverState.UNDOING
    open_one = Outcome.HANDED_OVER if is_back else Outcome.WAITING
    if queries.find_items(handover.id, open_one, limit=1):
        return
    window = timedelta(days=config.current().handover_undo_days)
    handover.finish(at=now, undo_until=now + window)
    by_id = handover.stopped_by_id if is_back else handover.by_id
    db.session.flush()
    tell(f"handover_{handover.state}", handover, by_id=by_id or handover.by_id, now=now)
