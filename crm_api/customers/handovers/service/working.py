"""Work handovers off, some hundreds of customers in a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.customers import locks
from crm_api.customers.handovers import queries
from crm_api.customers.handovers.policies import deal
from crm_api.customers.handovers.service.giving import give_items
from crm_api.customers.handovers.service.items import AT_ONCE, keep_items
from crm_api.customers.handovers.service.undoing import return_items
from crm_api.customers.handovers.terms import HandoverState, Outcome
from crm_api.kit.db import db

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.customers.handovers.models import Handover

WAITING = {HandoverState.UNDER_WAY: Outcome.WAITING, HandoverState.UNDOING: Outcome.HANDED_OVER}


def work_on(handover_id: str, *, now: datetime) -> int | None:
    """Do the next piece of a handover; return how many customers it held, None when it has ended.

    Others may work on it as well: who comes second finds what the first has left.
    """
    state = queries.find_state(handover_id)
    if state is HandoverState.PLANNED:
        _begin(queries.lock_handover(handover_id), now=now)
        return 0
    if state not in WAITING:
        return None
    ids = queries.find_items(handover_id, WAITING[state], limit=AT_ONCE)
    locks.lock_subjects(customer_ids=ids)
    handover = queries.lock_handover(handover_id)
    if handover.state is HandoverState.UNDER_WAY:
        give_items(handover, customer_ids=ids, now=now)
    elif handover.state is HandoverState.UNDOING:
        return_items(handover, customer_ids=ids, now=now)
    return len(ids)


def _begin(handover: Handover, *, now: datetime) -> None:
    """Let a handover take effect: whoever is the giver's by now is dealt along with the named."""
    if handover.state is not HandoverState.PLANNED:
        return
    receivers = [
        s.receiver_id for s in queries.shares_of([handover.id])[handover.id] if s.takes_rest
    ]
    if receivers:
        named = queries.find_items(handover.id, Outcome.WAITING, limit=None)
        within = handover.within_team_id
        rest = queries.read_rest(handover.giver_id, within_team_id=within, named=named)
        keep_items(handover, deal(rest, receivers=receivers))
    handover.begin(at=now)
    db.session.flush()
