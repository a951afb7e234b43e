"""Open a handover, to take effect now or later; call it off before it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts import queries as accounts
from crm_api.customers import locks
from crm_api.customers.handovers import queries
from crm_api.customers.handovers.errors import HandoverOutOfOrder
from crm_api.customers.handovers.models import Handover, HandoverShare
from crm_api.customers.handovers.service.drafting import draft, require_receivers
from crm_api.customers.handovers.service.giving import give_items
from crm_api.customers.handovers.service.items import AT_ONCE, keep_items
from crm_api.customers.handovers.service.showing import show
from crm_api.customers.handovers.service.telling import tell
from crm_api.customers.handovers.terms import HandoverState
from crm_api.kit.db import db
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.customers.handovers.values import Draft


def open_handover(content: dict[str, Any], *, by: Actor, now: datetime) -> dict[str, Any]:
    """Hand customers over, now or at a moment ahead.

    What is due and fits into one transaction is done in this one; the rest is worked off.

    :raises NotFound: if there is no such giver, or none whom the actor may see
    :raises Invalid: if a customer is not the giver's, a receiver cannot have them, or it is late
    :raises NothingToHandOver: if the giver has nobody to give
    :raises HandoverClash: if some are being handed over already
    """
    wanted = draft(content, by=by, now=now)
    is_due = wanted.takes_effect_at <= now
    is_done_here = is_due and len(wanted.receivers) <= AT_ONCE
    if is_done_here:
        locks.lock_subjects(customer_ids=wanted.receivers)
    require_receivers(wanted.shares, giver_id=wanted.giver_id, by=by)
    handover = _keep(wanted, by=by, now=now)
    keep_items(handover, wanted.receivers if is_due else wanted.named)
    tell("handover_opened", handover, by_id=by.id, now=now)
    if is_due:
        handover.begin(at=now)
    if is_done_here:
        give_items(handover, customer_ids=wanted.receivers, now=now)
    db.session.flush()
    return show(handover)


def call_off(handover_id: str, *, reason: str, by: Actor, now: datetime) -> dict[str, Any]:
    """Let a handover that is yet to come not take effect. Said twice, it is said once.

    :raises NotFound: if there is none, or the actor may not see it and its giver
    :raises HandoverOutOfOrder: if it has taken effect
    """
    seen = queries.get_handover(handover_id, visible_to=by)
    accounts.get_staff(seen.giver_id, visible_to=by)
    handover = queries.lock_handover(handover_id)
    if handover.state is HandoverState.PLANNED:
        handover.stop(HandoverState.CALLED_OFF, by_id=by.id, reason=reason, at=now)
        db.session.flush()
        tell("handover_called_off", handover, by_id=by.id, now=now)
    elif handover.state is not HandoverState.CALLED_OFF:
        raise HandoverOutOfOrder(state=handover.state, needs=HandoverState.PLANNED)
    return show(handover)


def _keep(wanted: Draft, *, by: Actor, now: datetime) -> Handover:
    handover = Handover(
        id=new_id(),
        giver_id=wanted.giver_id,
        takes_effect_at=wanted.takes_effect_at,
        takes_rest=wanted.takes_rest,
        within_team_id=wanted.within_team_id,
        reason=wanted.reason,
        by_id=by.id,
        state=HandoverState.PLANNED,
        created_at=now,
    )
    db.session.add(handover)
    db.session.flush()
    for n, share in enumerate(wanted.shares):
        takes_rest = share.customer_ids is None
        row = HandoverShare(
            handover_id=handover.id,
            position=n,
            receiver_id=share.receiver_id,
            takes_rest=takes_rest,
        )
        db.session.add(row)
    db.session.flush()
    return handover
