"""Take the locks first, then the clock: what is read afterwards cannot change under us."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.contact_frequency.models import Slot, SlotSubject
from crm_api.contact_frequency.policies.limiting import RINGING
from crm_api.contact_frequency.queries.known import met_by
from crm_api.contact_frequency.terms import SubjectKind
from crm_api.customers import locks
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.errors import Busy, NotFound

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from crm_api.contact_frequency.values import Plan

CHUNK = 500


def lock_plans(plans: Sequence[Plan]) -> tuple[list[Plan], datetime]:
    """Lock whom these plans touch; return them with their numbers, and the time.

    :raises Busy: if customers were found to be one person just then
    """
    plans = with_endpoints(plans)
    met = {customer_id for plan in plans for customer_id in met_by(plan)}
    endpoints = {plan.endpoint for plan in plans if plan.endpoint}
    return plans, _lock(met, endpoints)


def lock_slots(slot_ids: Collection[str]) -> datetime:
    """Lock whom these slots touch; return the time.

    Whoever changes several slots in one transaction calls this once, before all else.
    """
    met: set[str] = set()
    endpoints: set[str] = set()
    table = SlotSubject.__table__.c
    for chunk in chunks(sorted(slot_ids)):
        statement = sa.select(table.subject_kind, table.subject_id).where(table.slot_id.in_(chunk))
        for kind, subject_id in db.session.execute(statement):
            (met if kind is SubjectKind.CUSTOMER else endpoints).add(subject_id)
    return _lock(met, endpoints)


def _lock(customer_ids: Collection[str], endpoints: Collection[str]) -> datetime:
    groups = customers.same_person_ids(customer_ids)
    everyone = {member for group in groups.values() for member in group}
    locks.lock_subjects(customer_ids=everyone, endpoints=endpoints)
    if customers.same_person_ids(customer_ids) != groups:
        raise Busy
    return clock.after_lock(db.session())


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


def with_endpoints(plans: Sequence[Plan]) -> list[Plan]:
    """Give calls and messages without a number the customer's own."""
    wanting = {p.customer_id for p in plans if p.endpoint is None and p.channel in RINGING}
    if not wanting:
        return list(plans)
    table = Customer.__table__.c
    phones: dict[str, str] = {}
    for chunk in chunks(sorted(wanting)):
        statement = sa.select(table.id, table.phone).where(table.id.in_(chunk))
        phones |= {row.id: row.phone for row in db.session.execute(statement)}
    return [_with_endpoint(plan, phones) for plan in plans]


def _with_endpoint(plan: Plan, phones: dict[str, str]) -> Plan:
    if plan.endpoint is not None or plan.channel not in RINGING:
        return plan
    return replace(plan, endpoint=phones.get(plan.customer_id))


def chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    """Cut a list into pieces that one statement takes."""
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
