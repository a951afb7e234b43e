"""Whom a contact met besides its customer: measured by their own tier, as its decision knew it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.contact_frequency.models import DecisionFrame, Slot, StoredDecision
from crm_api.contact_frequency.policies import frame_from, read_facts
from crm_api.contact_frequency.policies.matching import in_force
from crm_api.contact_frequency.terms import RuleKind
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from crm_api.contact_frequency.policies import Rule

Found = tuple[Any, ...]


def confirm_met(rows: Sequence[Found]) -> Iterator[Found]:
    """Return what the statement found, without those caps that bound nobody whom a contact met.

    Of each row, the last column names who was met, and is left off.
    """
    caps = _caps_of({(row[6], row[7]) for row in rows if row[7] is not None})
    for row in rows:
        policy_key, allowed, met = row[0], row[1], row[7]
        if met is None or (policy_key, allowed) in caps.get((row[6], met), ()):
            yield row[:7]


def _caps_of(met: set[tuple[str, str]]) -> dict[tuple[str, str], set[tuple[str, int]]]:
    """Return the caps that bound somebody when a contact with them was last judged."""
    found: dict[tuple[str, str], set[tuple[str, int]]] = {}
    for slot_id, facts, frame in _judged({slot_id for slot_id, _ in met}):
        rules = frame_from(frame).rules
        for person in read_facts(facts)[1].persons:
            own = in_force(
                rules,
                tier=person.tier,
                customer_id=person.customer_id,
                segments=person.segments,
            )
            found[slot_id, person.customer_id] = set(_amounts(own))
    return found


def _judged(slot_ids: Iterable[str]) -> Iterable[Any]:
    statement = (
        sa.select(Slot.id, StoredDecision.facts, DecisionFrame.content)
        .join(StoredDecision, StoredDecision.id == Slot.decision_id)
        .join(DecisionFrame, DecisionFrame.digest == StoredDecision.frame_digest)
    )
    return db.session.execute(statement.where(is_among(Slot.id, sorted(slot_ids))))


def _amounts(rules: Iterable[Rule]) -> Iterator[tuple[str, int]]:
    for rule in rules:
        if rule.is_cap:
            yield rule.key, 1 if rule.kind is RuleKind.MIN_GAP else rule.limit or 0
