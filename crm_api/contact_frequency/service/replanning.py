"""Look again at what is planned: mark what became illegal, and take the mark off where it is legal.

The mark is for people, who move the plan. It lets nothing pass: the second gate judges by itself.
Whoever calls has locked a subject of each plan, so that nobody else writes these slots.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm_api.contact_frequency.models import Overrun, Slot, SlotSubject
from crm_api.contact_frequency.models.slots import SUBJECT_COUNTS
from crm_api.contact_frequency.policies import arbitrating, decide
from crm_api.contact_frequency.policies.moments import micros
from crm_api.contact_frequency.queries import frame_at, gather
from crm_api.contact_frequency.queries.overrides import override_facts
from crm_api.contact_frequency.service.ledger import Entries
from crm_api.contact_frequency.service.locking import read_slots
from crm_api.contact_frequency.service.planning import plans_of
from crm_api.contact_frequency.terms import PLANNED_STATES, OverrunCause, SubjectKind
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from crm_api.contact_frequency.policies import PolicyFrame
    from crm_api.contact_frequency.values import Decision, Reason

MOST_AT_ONCE = 200
STILL_OPEN = timedelta(days=1)  # a plan of today whose moment passed may still be kept


@dataclass(slots=True)
class Rechecked:
    """How many plans were looked at, and how many of them changed."""

    seen: int = 0
    marked: int = 0
    cleared: int = 0

    def add(self, other: Rechecked) -> None:
        """Count what another look found as well."""
        self.seen += other.seen
        self.marked += other.marked
        self.cleared += other.cleared


def recheck_slots(slots: Sequence[Slot], *, now: datetime) -> Rechecked:
    """Judge plans anew by what is known now, and keep whether each needs a new plan."""
    found = Rechecked(seen=len(slots))
    frame = frame_at(now) if slots else None
    for slot, decision in _judged(slots, frame=frame, now=now) if frame else ():
        is_illegal = any(reason.blocks for reason in decision.reasons)
        found.marked += is_illegal and not slot.needs_new_plan
        found.cleared += slot.needs_new_plan and not is_illegal
        slot.needs_new_plan = is_illegal
    db.session.flush()
    return found


def explain_exempt(slots: Sequence[Slot], *, now: datetime) -> None:
    """Record beyond which caps of their numbers exempt plans are: they stay, and need no new plan.

    What they go beyond with their customer was recorded when they were planned, whatever rings.
    """
    for start in range(0, len(slots), MOST_AT_ONCE):
        entries = Entries(frame=frame_at(now), now=now, by_id=None)
        chunk = slots[start : start + MOST_AT_ONCE]
        beyond = [
            (slot, reason)
            for slot, decision in _judged(chunk, frame=entries.frame, now=now)
            for reason in decision.exceeded
            if reason.subject_kind is SubjectKind.ENDPOINT
        ]
        for slot, reason in _not_explained(beyond):
            entries.add_overruns(
                [reason],
                slot_id=slot.id,
                customer_id=slot.customer_id,
                cause=OverrunCause.EXEMPT_CATEGORY,
            )
        entries.write()


def _not_explained(beyond: Sequence[tuple[Slot, Reason]]) -> Iterator[tuple[Slot, Reason]]:
    """Yield what no overrun tells yet: as where a plan returns, or all around it came along.

    An overrun names no number. It tells of the same where it forbade up to the same moment, and
    nothing that counts there was judged since: such would need one that is younger.
    """
    if not beyond:
        return
    told = _overruns_of({slot.id for slot, _reason in beyond})
    counted = {one.slot_id for _slot, reason in beyond for one in reason.counted}
    statement = sa.select(Slot.id, Slot.judged_at).where(is_among(Slot.id, sorted(counted)))
    judged: dict[str, datetime] = {row.id: row.judged_at for row in db.session.execute(statement)}
    for slot, reason in beyond:
        told_at = told.get((slot.id, reason.policy_key, reason.forbidden_until))
        last = max(slot.judged_at, *(judged[one.slot_id] for one in reason.counted))
        if told_at is None or told_at < last:
            yield slot, reason


def _overruns_of(
    slot_ids: Collection[str],
) -> dict[tuple[str, str | None, datetime | None], datetime]:
    """Return when exempt plans were last said to go beyond a number's cap, up to some moment."""
    about = (Overrun.slot_id, Overrun.policy_key, Overrun.forbidden_until)
    statement = (
        sa.select(*about, sa.func.max(Overrun.created_at))
        .where(is_among(Overrun.slot_id, sorted(slot_ids)))
        .where(Overrun.subject_kind == SubjectKind.ENDPOINT)
        .where(Overrun.cause == OverrunCause.EXEMPT_CATEGORY)
        .group_by(*about)
    )
    return {(row[0], row[1], row[2]): row[3] for row in db.session.execute(statement)}


def _judged(
    slots: Sequence[Slot], *, frame: PolicyFrame, now: datetime
) -> Iterator[tuple[Slot, Decision]]:
    plans = plans_of(slots)
    known = gather(list(plans.values()), frame=frame, now=now)
    overrides = override_facts(slots)
    for slot in slots:
        # Asked as of something that happened: that its moment is past makes no plan illegal.
        facts = known.facts_for(
            plans[slot.id],
            own_slot=slot.id,
            has_happened=True,
            override=overrides.get(slot.id),
        )
        facts = arbitrating.without_weaker(plans[slot.id], facts, now=now)
        yield slot, decide(plans[slot.id], facts, frame, now)


def recheck_customers(
    customer_ids: Iterable[str], *, numbers: Iterable[str] = (), now: datetime
) -> Rechecked:
    """Look again at what is planned with these customers, and with whoever is the same person.

    And on these numbers, whoever is meant there.
    """
    persons = customers.same_person_ids(customer_ids)
    of_persons = (one for ids in persons.values() for one in ids)
    return recheck_subjects({*of_persons, *numbers}, now=now)


def recheck_subjects(subject_ids: Collection[str], *, now: datetime) -> Rechecked:
    """Look again at all plans ahead that touch these customers and numbers."""
    return _recheck(_ahead_of(subject_ids, now=now), now=now)


def clear_beside(slot_ids: Collection[str], *, now: datetime) -> None:
    """Look again at marked plans beside contacts that made room or were taken back."""
    same = aliased(Customer)
    touched = sa.select(SlotSubject.subject_id).where(is_among(SlotSubject.slot_id, slot_ids))
    persons = (
        sa.select(same.id)
        .join(Customer, Customer.person_id == same.person_id)
        .where(Customer.id.in_(touched))
    )
    beside = db.session.scalars(touched.union(persons)).all()
    _recheck(_ahead_of(beside, now=now).where(Slot.needs_new_plan), now=now)


def _ahead_of(subject_ids: Collection[str], *, now: datetime) -> sa.Select[str]:
    """Select what is planned with these subjects: by their index, whatever their history holds."""
    return (
        sa.select(SlotSubject.slot_id)
        .distinct()
        .join(Slot, Slot.id == SlotSubject.slot_id)
        .where(is_among(SlotSubject.subject_id, sorted(subject_ids)), SUBJECT_COUNTS)
        .where(SlotSubject.effective_micros >= micros(now - STILL_OPEN))
        .where(Slot.state.in_(PLANNED_STATES))
        .order_by(SlotSubject.slot_id)
    )


def _recheck(wanted: sa.Select[str], *, now: datetime) -> Rechecked:
    slot_ids, found = db.session.scalars(wanted).all(), Rechecked()
    for start in range(0, len(slot_ids), MOST_AT_ONCE):
        found.add(recheck_slots(read_slots(slot_ids[start : start + MOST_AT_ONCE]), now=now))
    return found
