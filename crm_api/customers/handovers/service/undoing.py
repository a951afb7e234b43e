"""The way back, while the window lasts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts import queries as accounts
from crm_api.customers import locks
from crm_api.customers.errors import UndoTooLate
from crm_api.customers.handovers import queries
from crm_api.customers.handovers.errors import GiverGone, HandoverOutOfOrder
from crm_api.customers.handovers.service.items import AT_ONCE, change_owner, finish_if_done
from crm_api.customers.handovers.service.showing import show
from crm_api.customers.handovers.service.telling import tell
from crm_api.customers.handovers.terms import HandoverState, Outcome
from crm_api.customers.service.belongings import move_open_rows
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.customers.handovers.models import HandedCustomer, Handover
    from crm_api.customers.models import Customer

BACK = (HandoverState.UNDOING, HandoverState.UNDONE)


def undo_handover(handover_id: str, *, reason: str, by: Actor, now: datetime) -> dict[str, Any]:
    """Give the customers back to whom they came from. Said twice, it is said once.

    :raises NotFound: if there is none, or the actor may not see it and its giver
    :raises HandoverOutOfOrder: if it is not done
    :raises UndoTooLate: if the window is over
    :raises GiverGone: if the giver cannot have them back
    """
    seen = queries.get_handover(handover_id, visible_to=by)
    accounts.get_staff(seen.giver_id, visible_to=by)
    ids = queries.find_items(handover_id, Outcome.HANDED_OVER, limit=AT_ONCE + 1)
    is_done_here = len(ids) <= AT_ONCE
    if is_done_here:
        locks.lock_subjects(customer_ids=ids)
    handover = queries.lock_handover(handover_id)
    if handover.state in BACK:
        return show(handover)
    _require_undoable(handover, now=now)
    handover.stop(HandoverState.UNDOING, by_id=by.id, reason=reason, at=now)
    db.session.flush()
    tell("handover_turned_back", handover, by_id=by.id, now=now)
    if is_done_here:
        return_items(handover, customer_ids=ids, now=now)
        db.session.flush()
    return show(handover)


def _require_undoable(handover: Handover, *, now: datetime) -> None:
    if handover.state is not HandoverState.DONE or handover.undo_until is None:
        raise HandoverOutOfOrder(state=handover.state, needs=HandoverState.DONE)
    if now >= handover.undo_until:
        raise UndoTooLate(undo_until=handover.undo_until)
    if not queries.hold_receivers([handover.giver_id]):
        raise GiverGone


def return_items(handover: Handover, *, customer_ids: Collection[str], now: datetime) -> None:
    """Give these customers back, whose subjects are locked, unless they were given on since."""
    items = queries.lock_items(handover.id, Outcome.HANDED_OVER, customer_ids=customer_ids)
    is_giver_there = bool(queries.hold_receivers([handover.giver_id]))
    customers = queries.lock_portfolio([item.customer_id for item in items])
    back: dict[str, list[tuple[Customer, str]]] = {}
    for item in items:
        customer = customers[item.customer_id]
        if is_giver_there and _is_still_there(customer, item):
            item.outcome = Outcome.RETURNED
            team_id = item.team_id_before or customer.team_id
            back.setdefault(item.receiver_id, []).append((customer, team_id))
        else:
            item.outcome = Outcome.KEPT
    for receiver_id, theirs in sorted(back.items()):
        _return(handover, theirs, receiver_id=receiver_id, now=now)
    finish_if_done(handover, now=now)


def _is_still_there(customer: Customer, item: HandedCustomer) -> bool:
    return customer.owner_id == item.receiver_id and customer.merged_into_id is None


def _return(
    handover: Handover, customers: list[tuple[Customer, str]], *, receiver_id: str, now: datetime
) -> None:
    change_owner(
        customers,
        owner_id=handover.giver_id,
        reason=handover.stop_reason or handover.reason,
        by_id=handover.stopped_by_id or handover.by_id,
        now=now,
    )

    def came_along(table: Any) -> sa.ColumnElement[bool]:
        """Tell what the handover moved, or was begun since, from what was the receiver's before."""
        moved = table.c.id.in_(queries.find_moved_rows(handover.id, table.name))
        return sa.or_(moved, table.c.created_at >= handover.begun_at)

    ids = [customer.id for customer, _ in customers]
    move_open_rows(ids, from_id=receiver_id, to_id=handover.giver_id, only=came_along)
