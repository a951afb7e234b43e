"""Contacts outside the hours by which they were last judged, without a recorded cause.

Each is measured by the policies and the calendar of its own decision, which that keeps.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.contact_frequency.models import DecisionFrame, Overrun, Slot, StoredDecision
from crm_api.contact_frequency.policies import frame_from, hours, moments
from crm_api.contact_frequency.terms import COUNTING_STATES, AlertKind, Strength, SubjectKind
from crm_api.contact_frequency.values import LedgerBreach, Plan
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crm_api.contact_frequency.policies import PolicyFrame

FRAMES = 64


def find_closed_hours(slot_ids: Sequence[str]) -> list[LedgerBreach]:
    """Return which of these contacts lie outside a firm policy's hours, and nobody has said why."""
    found = [
        (slot, policy_key)
        for slot in _slots(slot_ids)
        for policy_key in _closed(slot, _frame(slot))
    ]
    told = _overruns(sorted({slot.id for slot, _ in found}))
    return [
        _breach(slot, policy_key) for slot, policy_key in found if (slot.id, policy_key) not in told
    ]


def _slots(slot_ids: Sequence[str]) -> Sequence[Any]:
    statement = sa.select(
        Slot.id,
        Slot.customer_id,
        Slot.channel,
        Slot.category,
        Slot.effective_at,
        Slot.occurrence,
        Slot.not_after,
        Slot.is_agreed,
        Slot.tier,
        Slot.segments,
        StoredDecision.frame_digest,
    )
    statement = statement.join(StoredDecision, StoredDecision.id == Slot.decision_id)
    statement = statement.where(is_among(Slot.id, slot_ids), Slot.state.in_(COUNTING_STATES))
    return db.session.execute(statement.order_by(Slot.id)).all()


def _frame(slot: Any) -> PolicyFrame:
    return _read_frame(str(db.engine.url), slot.frame_digest)


@lru_cache(maxsize=FRAMES)
def _read_frame(_database: str, digest: str) -> PolicyFrame:
    return frame_from(db.session.get_one(DecisionFrame, digest).content)


def _closed(slot: Any, frame: PolicyFrame) -> Iterator[str]:
    plan = Plan(
        customer_id=slot.customer_id,
        channel=slot.channel,
        category=slot.category,
        at=slot.effective_at,
        occurrence=slot.occurrence,
        not_after=slot.not_after,
        is_agreed=slot.is_agreed,
    )
    applicable = frame.applicable(
        slot.channel,
        slot.category,
        tier=slot.tier,
        customer_id=slot.customer_id,
        segments=tuple(slot.segments.split(",")) if slot.segments else (),
    )
    at = moments.micros(slot.effective_at)
    for window in applicable.windows:
        is_firm = window.rule.strength is not Strength.SOFT
        if is_firm and hours.applies(window.rule, plan) and window.hit(at) is not None:
            yield window.rule.key


def _overruns(slot_ids: Sequence[str]) -> set[tuple[str, str | None]]:
    statement = sa.select(Overrun.slot_id, Overrun.policy_key)
    rows = db.session.execute(statement.where(is_among(Overrun.slot_id, slot_ids)))
    return {(slot_id, policy_key) for slot_id, policy_key in rows}


def _breach(slot: Any, policy_key: str) -> LedgerBreach:
    return LedgerBreach(
        kind=AlertKind.HOURS,
        policy_key=policy_key,
        subject_kind=SubjectKind.CUSTOMER,
        subject_id=slot.customer_id,
        customer_id=slot.customer_id,
        last_judged_slot_id=slot.id,
    )
