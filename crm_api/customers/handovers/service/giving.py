"""The way there: customers and what is still to be done for them go to their receivers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.customers.handovers import queries
from crm_api.customers.handovers.models import HandedRow
from crm_api.customers.handovers.service.items import change_owner, finish_if_done
from crm_api.customers.handovers.terms import Outcome
from crm_api.customers.service.belongings import move_open_rows
from crm_api.kit.bulk import insert_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from crm_api.customers.handovers.models import HandedCustomer, Handover
    from crm_api.customers.models import Customer


def give_items(handover: Handover, *, customer_ids: Collection[str], now: datetime) -> None:
    """Hand these customers over, whose subjects are locked, as far as it can still be done.

    Whoever is the giver's no longer is passed over; whose receiver has left stays.
    """
    items = queries.lock_items(handover.id, Outcome.WAITING, customer_ids=customer_ids)
    teams = queries.hold_receivers({item.receiver_id for item in items})
    customers = queries.lock_portfolio([item.customer_id for item in items])
    given: dict[str, list[Customer]] = {}
    for item in items:
        customer = customers[item.customer_id]
        item.outcome = _outcome(item, customer, handover, teams)
        if item.outcome is Outcome.HANDED_OVER:
            item.team_id_before = customer.team_id
            given.setdefault(item.receiver_id, []).append(customer)
    for receiver_id, theirs in sorted(given.items()):
        _give(handover, theirs, receiver_id=receiver_id, team_id=teams[receiver_id], now=now)
    finish_if_done(handover, now=now)


def _outcome(
    item: HandedCustomer, customer: Customer, handover: Handover, teams: Collection[str]
) -> Outcome:
    # Who was merged since goes with whom they go on as.
    if customer.owner_id != handover.giver_id or customer.merged_into_id is not None:
        return Outcome.PASSED_OVER
    return Outcome.HANDED_OVER if item.receiver_id in teams else Outcome.RECEIVER_GONE


def _give(
    handover: Handover,
    customers: Sequence[Customer],
    *,
    receiver_id: str,
    team_id: str,
    now: datetime,
) -> None:
    change_owner(
        [(customer, team_id) for customer in customers],
        owner_id=receiver_id,
        reason=handover.reason,
        by_id=handover.by_id,
        now=now,
    )
    ids = [customer.id for customer in customers]
    moved = move_open_rows(ids, from_id=handover.giver_id, to_id=receiver_id)
    rows = [
        {"handover_id": handover.id, "table_name": table_name, "row_id": row_id}
        for table_name, row_id in moved
    ]
    insert_rows(HandedRow, rows)
