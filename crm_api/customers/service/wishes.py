"""Keep do-not-disturb wishes (免打扰)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.customers import locks, queries
from crm_api.customers.models import DoNotDisturbWish
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor

UNSAID = {
    "channels": None,
    "categories": None,
    "quiet_from": None,
    "quiet_until": None,
    "ends_on": None,
    "note": "",
}


def note_wish(
    customer_id: str, *, content: dict[str, Any], by: Actor, now: datetime
) -> DoNotDisturbWish:
    """Note a wish; once this commits, the governor lets nothing past that it covers.

    :raises NotFound: if the actor may not see the customer
    :raises IdTaken: if the id belongs to another wish
    """
    locks.lock_subjects(customer_ids=[customer_id])
    queries.get_customer(customer_id, visible_to=by)
    known = db.session.get(DoNotDisturbWish, content["id"]) if "id" in content else None
    if known is not None:
        return _repeat(known, content, customer_id=customer_id)
    wish = DoNotDisturbWish(**content, customer_id=customer_id, by_id=by.id, created_at=now)
    db.session.add(wish)
    db.session.flush()
    return wish


def lift_wish(customer_id: str, *, wish_id: str, by: Actor, now: datetime) -> DoNotDisturbWish:
    """Lift a wish because the customer said so; it stays on record.

    :raises NotFound: if the actor may not see the customer, or it has no such wish
    """
    locks.lock_subjects(customer_ids=[customer_id])
    queries.get_customer(customer_id, visible_to=by)
    wish = queries.get_wish(wish_id, customer_id=customer_id)
    wish.lift(by_id=by.id, at=now)
    db.session.flush()
    return wish


def _repeat(
    known: DoNotDisturbWish, content: dict[str, Any], *, customer_id: str
) -> DoNotDisturbWish:
    same = all(getattr(known, name) == value for name, value in {**UNSAID, **content}.items())
    if known.customer_id != customer_id or not same:
        raise IdTaken
    return known
