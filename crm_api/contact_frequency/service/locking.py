"""Take the locks first, then the clock: what is read afterwards cannot change under us."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.contact_frequency.models import Slot, SlotSubject
from crm_api.contact_frequency.policies.limiting import RINGING
from crm_api.contact_frequency.queries.known import met_by
from crm_api.contact_frequency.terms import SubjectKind
from crm_api.customers import locks
from crm_api.customers import queries as customers
from crm_api.customers.errors import CustomerMerged
from crm_api.customers.reaching import lock_reached
from crm_api.kit import clock
from crm_api.kit.bundles import among, as_parameter
from crm_api.kit.db import db
from crm_api.kit.errors import Busy, NotFound
from crm_api.kit.straight import StraightRead

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.contact_frequency.values import Plan
    from crm_api.customers.values import Reach

    Touched = frozenset[tuple[str, SubjectKind, str]]
    Look = Callable[[Collection[str]], tuple[Touched, Sequence[Any]]]

CHUNK = 500
_SUBJECTS = SlotSubject.__table__.c
_TOUCHED = StraightRead(
    sa.select(_SUBJECTS.slot_id, _SUBJECTS.subject_kind, _SUBJECTS.subject_id).where(
        among(_SUBJECTS.slot_id, "ids")
    )
)


@dataclass(frozen=True, slots=True)
class Locked:
    """Plans whose subjects are locked, whom they reach, and the time since then."""

    plans: list[Plan]
    reach: dict[str, Reach]
    now: datetime


@dataclass(frozen=True, slots=True)
class LockedSlots:
    """Slots whose subjects are locked: whom each touches, whom those reach, and the time.

    Besides the slots themselves, as far as was looked for.
    """

    touched: Touched
    slots: Sequence[Any]
    reach: dict[str, Reach]
    now: datetime


def lock_plans(plans: Sequence[Plan], *, seen: Mapping[str, Reach] | None = None) -> Locked:
    """Lock whom these plans touch; return them with their numbers, and the time.

    Whom they reach is read again under the locks, and has to be what was `seen` before.

    :raises Busy: if customers were found to be one person just then
    :raises CustomerMerged: if one of them went on as part of another
    """
    met = {customer_id for plan in plans for customer_id in met_by(plan)}
    known = {customer_id: seen[customer_id] for customer_id in met & seen.keys()} if seen else {}
    unknown = met - known.keys()
    reach = known | (customers.reach_of(unknown) if unknown else {})
    plans = with_endpoints(plans, reach)
    endpoints = {plan.endpoint for plan in plans if plan.endpoint}
    locked = Locked(plans, *_lock(reach, endpoints, is_just_read=not known))
    _refuse_merged(locked.reach)
    return locked


def _refuse_merged(reach: Mapping[str, Reach]) -> None:
    """Refuse who was merged since whoever asked looked for the customer."""
    for customer_id, reached in reach.items():
        if reached.merged_into_id is not None:
            raise CustomerMerged(customer_id=customer_id, merged_into_id=reached.merged_into_id)


def lock_plan(plan: Plan, *, visible_to: Actor | None) -> Locked:
    """Lock whom one plan touches, as `lock_plans` does, by one statement where that can be.

    Whom it reaches is what was so before the locks were held: `look_at` reads it again under them.

    :raises CustomerMerged: if one of the customers went on as part of another
    :raises NotFound: if there is one whom the actor may not see
    """
    met = met_by(plan)
    at_once = lock_reached(
        met,
        ringing_ids=[plan.customer_id] if _rings_at_own_number(plan) else [],
        endpoints=[plan.endpoint] if plan.endpoint else [],
        visible_to=visible_to,
    )
    if at_once is None:
        if visible_to is not None:
            customers.require_visible(met, visible_to=visible_to)
        reach = customers.reach_of(met)
        [plan] = with_endpoints([plan], reach)
        _lock_all(reach, [plan.endpoint] if plan.endpoint else [])
        locked = Locked([plan], reach, clock.after_lock(db.session()))
    else:
        reach, read_at = at_once
        now = clock.after_lock(db.session(), read=read_at)
        locked = Locked(with_endpoints([plan], reach), reach, now)
    _refuse_merged(locked.reach)
    return locked


def lock_slots(slot_ids: Collection[str]) -> datetime:
    """Lock whom these slots touch; return the time.

    Whoever changes several slots in one transaction calls this once, before all else.

    :raises Busy: if one of them went to another number just then
    """
    return lock_touched(slot_ids, look=_look).now


def lock_touched(slot_ids: Collection[str], *, look: Look) -> LockedSlots:
    """Lock whom these slots touch, and tell whom: see `lock_slots`.

    Where nothing was left to lock, what was looked at first was under the locks already.

    :raises Busy: if one of them went to another number just then
    """
    touched, slots = look(slot_ids)
    met = {subject_id for _, kind, subject_id in touched if kind is SubjectKind.CUSTOMER}
    endpoints = {subject_id for *_, subject_id in touched if subject_id not in met}
    before = customers.reach_of(met)
    reach, now = _lock(before, endpoints)
    if reach is not before:
        since, slots = look(slot_ids)
        if since != touched:
            raise Busy
    return LockedSlots(touched, slots, reach, now)


def _look(slot_ids: Collection[str]) -> tuple[Touched, Sequence[Any]]:
    return frozenset(map(tuple, _TOUCHED.rows(ids=as_parameter(sorted(slot_ids))))), ()


def _lock(
    reach: dict[str, Reach], endpoints: Collection[str], *, is_just_read: bool = True
) -> tuple[dict[str, Reach], datetime]:
    is_new = _lock_all(reach, endpoints)
    if is_just_read and not is_new:
        return reach, clock.after_lock(db.session())  # it was read under these very locks
    since = customers.reach_of(reach)
    if since != reach:
        raise Busy
    return since, clock.after_lock(db.session())


def _lock_all(reach: Mapping[str, Reach], endpoints: Collection[str]) -> bool:
    everyone = {member for reached in reach.values() for member in reached.person_ids}
    return locks.lock_subjects(customer_ids=everyone, endpoints=endpoints)


def get_slot(slot_id: str) -> tuple[Slot, datetime]:
    """Lock a slot's subjects, then read it as it is now.

    :raises NotFound: if there is none
    """
    [slot], now = get_slots([slot_id])
    return slot, now


def get_slots(slot_ids: Collection[str]) -> tuple[list[Slot], datetime]:
    """Lock the subjects of some slots, then read these as they are now.

    :raises NotFound: if one of them is not there
    """
    now = lock_slots(slot_ids)
    slots = read_slots(slot_ids)
    if len(slots) < len(set(slot_ids)):
        raise NotFound("slot")
    return slots, now


def read_slots(slot_ids: Collection[str]) -> list[Slot]:
    """Read slots whose subjects are locked, as they are now, those that there are."""
    found: dict[str, Slot] = {}
    for chunk in chunks(sorted(slot_ids)):
        statement = sa.select(Slot).where(Slot.id.in_(chunk))
        statement = statement.execution_options(populate_existing=True)
        found |= {slot.id: slot for slot in db.session.scalars(statement)}
    return [found[slot_id] for slot_id in dict.fromkeys(slot_ids) if slot_id in found]


def with_endpoints(plans: Sequence[Plan], reach: dict[str, Reach]) -> list[Plan]:
    """Give calls and messages without a number the customer's own."""
    return [_with_endpoint(plan, reach) for plan in plans]


def _with_endpoint(plan: Plan, reach: dict[str, Reach]) -> Plan:
    known = reach.get(plan.customer_id)
    if known is None or not _rings_at_own_number(plan):
        return plan
    return replace(plan, endpoint=known.phone)


def _rings_at_own_number(plan: Plan) -> bool:
    return plan.endpoint is None and plan.channel in RINGING


def chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    """Cut a list into pieces that one statement takes."""
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
