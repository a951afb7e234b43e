"""A slot read as the plan that it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.contact_frequency.models import SlotSubject
from crm_api.contact_frequency.policies.limiting import RINGING
from crm_api.contact_frequency.queries.known import met_by
from crm_api.contact_frequency.terms import ContactClass, SubjectKind
from crm_api.contact_frequency.values import Plan
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from crm_api.contact_frequency.models import Slot

    Touched = Collection[tuple[str, SubjectKind, str]]


def plan_of(slot: Slot, *, at: datetime | None = None) -> Plan:
    """Return the plan that a slot stands for."""
    return plans_of([slot], at=at)[slot.id]


def plans_of(
    slots: Sequence[Any], *, at: datetime | None = None, touched: Touched | None = None
) -> dict[str, Plan]:
    """Return the plans that slots stand for, at another moment where one is given.

    Whom they touch is handed in where it was read under the locks.
    """
    owners = {slot.id: slot.customer_id for slot in slots}
    others = _others(owners, _met(owners) if touched is None else touched)
    return {
        slot.id: Plan(
            customer_id=slot.customer_id,
            channel=slot.channel,
            category=slot.category,
            at=at or slot.effective_at,
            endpoint=slot.endpoint,
            also_customer_ids=tuple(others.get(slot.id, ())),
            visit_id=slot.visit_id,
            occurrence=slot.occurrence,
            said_once=slot.said_once,
            not_after=slot.not_after,
            source=slot.source,
            is_agreed=slot.is_agreed,
            occasion_class=_class_of(slot),
            occasion_rank=slot.occasion_rank or 0,
            made_at=slot.created_at,
        )
        for slot in slots
    }


def _class_of(slot: Any) -> ContactClass | None:
    return None if slot.occasion_class is None else ContactClass(slot.occasion_class)


def touched_by(plan: Plan) -> list[str]:
    """Return the ids of the subjects that a contact touches."""
    ringing = [plan.endpoint] if plan.endpoint is not None and plan.channel in RINGING else []
    return [*met_by(plan), *ringing]


def _met(slot_ids: Iterable[str]) -> Touched:
    table = SlotSubject.__table__.c
    statement = (
        sa.select(table.slot_id, table.subject_kind, table.subject_id)
        .where(table.slot_id.in_(sorted(slot_ids)))
        .where(table.subject_kind == SubjectKind.CUSTOMER)
    )
    return [tuple(row) for row in db.session.execute(statement)]


def _others(owners: dict[str, str], touched: Touched) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for slot_id, kind, subject_id in touched:
        if kind is SubjectKind.CUSTOMER and owners[slot_id] != subject_id:
            found.setdefault(slot_id, []).append(subject_id)
    return {slot_id: sorted(met) for slot_id, met in found.items()}
