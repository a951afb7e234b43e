"""What people ask of the governor for customers whom they may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.contact_frequency.errors import SourceReserved
from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.queries.known import met_by
from crm_api.contact_frequency.queries.lists import (
    PLANNED_BY_HAND,
    get_reservation,
    require_visit,
    require_visits,
)
from crm_api.contact_frequency.service.moving import move_slot
from crm_api.contact_frequency.service.reserving import preflight_plans, reserve_slot
from crm_api.contact_frequency.service.settling import release_slot
from crm_api.contact_frequency.values import Plan
from crm_api.customers import queries as customers
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.contact_frequency.values import Decision


def check_plans(plans: Sequence[Plan], *, visible_to: Actor, now: datetime) -> list[Decision]:
    """Say what each plan of a day would be answered if it were the only one.

    :raises NotFound: if the actor may not see one of the customers, or a visit is not theirs
    """
    met = {customer_id for plan in plans for customer_id in met_by(plan)}
    customers.require_visible(met, visible_to=visible_to)
    serving = {(plan.visit_id, plan.customer_id) for plan in plans if plan.visit_id is not None}
    require_visits(serving, is_ahead=True)
    return preflight_plans(plans, now=now)


def plan_contact(
    *, id: str | None, override_id: str | None = None, by: Actor, **wanted: Any
) -> Slot:
    """Reserve a call or message that somebody means to make by hand, to be logged or given back.

    :raises ContactBlocked: if the policies in force do not allow it
    :raises OverrideDoesNotFit: if the override binds another contact
    :raises OverrideSettled: if nobody approved it, or it was used or taken back
    :raises OverrideLapsed: if its time is over
    :raises OverrideUnvouched: if who approved it has left, or may not any more
    :raises IdTaken: if the id belongs to a reservation of other content
    :raises NotFound: if the actor may not see the customer, or the visit served is not theirs
    """
    slot_id = id or new_id()
    plan = Plan(**wanted, source=f"{PLANNED_BY_HAND}{slot_id}")
    if id or plan.visit_id:  # else whoever locks the customer looks
        customers.require_visible([plan.customer_id], visible_to=by)
    known = db.session.get(Slot, slot_id) if id else None
    if known is not None:
        return _repeat(known, plan)
    require_visit(plan.visit_id, customer_id=plan.customer_id, is_ahead=True)
    try:
        return reserve_slot(
            plan, by_id=by.id, slot_id=slot_id, override_id=override_id, visible_to=by
        )
    except SourceReserved:
        raise IdTaken from None


def _repeat(known: Slot, plan: Plan) -> Slot:
    same = ("customer_id", "channel", "category", "source")
    if any(getattr(known, name) != getattr(plan, name) for name in same):
        raise IdTaken
    return known


def move_reservation(
    slot_id: str,
    *,
    at: datetime,
    override_id: str | None = None,
    is_agreed: bool = False,
    by: Actor,
) -> Slot:
    """Move a contact that somebody planned by hand.

    :raises OverrideDoesNotFit: if the override binds another contact
    :raises OverrideSettled: if nobody approved it, or it was used or taken back
    :raises OverrideLapsed: if its time is over
    :raises OverrideUnvouched: if who approved it has left, or may not any more
    :raises ContactBlocked: if the new time is illegal; it stays where it is
    :raises SlotSettled: if the contact happened or ended
    :raises NotFound: if the actor may not see it
    """
    slot = get_reservation(slot_id, visible_to=by)
    return move_slot(slot.id, to=at, by_id=by.id, override_id=override_id, is_agreed=is_agreed)


def release_reservation(slot_id: str, *, reason: str, by: Actor) -> Slot:
    """Give back a contact that somebody planned by hand.

    :raises SlotSettled: if the contact happened or ended otherwise
    :raises NotFound: if the actor may not see it
    """
    slot = get_reservation(slot_id, visible_to=by)
    return release_slot(slot.id, reason=reason)
