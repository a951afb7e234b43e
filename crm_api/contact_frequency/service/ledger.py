"""The only module that writes slots, their subjects, and the decisions about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from crm_api import config
from crm_api.contact_frequency.models import (
    DecisionFrame,
    Overrun,
    Slot,
    SlotSubject,
    StoredDecision,
)
from crm_api.contact_frequency.policies import moments, write_facts
from crm_api.contact_frequency.policies.barriers import serves_visit
from crm_api.contact_frequency.policies.limiting import RINGING
from crm_api.contact_frequency.policies.ranking import claim, claim_of
from crm_api.contact_frequency.queries.known import met_by
from crm_api.contact_frequency.service.losing import Loss, give_way, reason_of
from crm_api.contact_frequency.terms import (
    COUNTING_STATES,
    Counting,
    DecisionKind,
    OverrunCause,
    ReasonCode,
    SlotState,
    Strength,
    SubjectKind,
)
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.together import insert_together
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from crm_api.contact_frequency.policies import PolicyFrame
    from crm_api.contact_frequency.policies.facts import Facts
    from crm_api.contact_frequency.values import Decision, Plan, Reason

SUBJECTS = cast("sa.Table", SlotSubject.__table__)
_NOT_YET: dict[str, Any] = {
    "state": SlotState.RESERVED,
    "counting": Counting.FULL,
    "occurred_at": None,
    "recorded_at": None,
    "winner_slot_id": None,
    "outcome": None,
    "reason": None,
    "override_id": None,
    "needs_new_plan": False,
    "is_late": False,
    "needs_look": False,
}
NOT_A_POLICY = frozenset({ReasonCode.IN_THE_PAST})


@dataclass(slots=True)
class Entries:
    """Rows on their way into the ledger, written in a few statements by `write`."""

    frame: PolicyFrame
    now: datetime
    by_id: str | None
    is_frame_kept: bool = False
    slots: list[dict[str, Any]] = field(default_factory=list)
    subjects: list[dict[str, Any]] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    overruns: list[dict[str, Any]] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)

    def add_decision(
        self,
        decision: Decision,
        facts: Facts,
        *,
        kind: DecisionKind,
        slot_id: str | None = None,
    ) -> Decision:
        """Keep a decision with the facts that give it again."""
        plan, decision.id = decision.plan, decision.id or new_id()
        self.decisions.append(
            {
                "id": decision.id,
                "created_at": self.now,
                "kind": kind,
                "verdict": decision.verdict,
                "customer_id": plan.customer_id,
                "slot_id": slot_id,
                "channel": plan.channel,
                "category": plan.category,
                "asked_at": plan.at,
                "frame_digest": self.frame.digest,
                "facts": write_facts(plan, facts, decision.judged_at),
                "trace": decision.trace,
                "by_id": self.by_id,
            }
        )
        return decision

    def add_slot(
        self, plan: Plan, facts: Facts, *, slot_id: str, decision_id: str | None, **state: Any
    ) -> tuple[str, list[str]]:
        """Enter a slot; return what it counts as, and whom it touches."""
        unit = unit_of(plan, facts, slot_id=slot_id)
        row: dict[str, Any] = {
            "id": slot_id,
            "created_at": self.now,
            **self._stamp(facts),
            "judged_at": self.now,
            "decision_id": decision_id,
            "by_id": self.by_id,
            **_planned(plan),
            **_NOT_YET,
            **state,
        }
        self.slots.append(row)
        is_held = row["state"] is SlotState.HELD
        claim = claim_of(plan, now=self.now) if is_held else None
        kept = {"counting": row["counting"], "claim": claim}
        return unit, self._add_subjects(plan, slot_id=slot_id, unit=unit, **kept)

    def _stamp(self, facts: Facts) -> dict[str, Any]:
        person = facts.persons[0]
        return person.stamp if self.frame.segment_ids else {"tier": person.tier}

    def _add_subjects(self, plan: Plan, *, slot_id: str, unit: str, **kept: Any) -> list[str]:
        touched = [(SubjectKind.CUSTOMER, customer_id) for customer_id in met_by(plan)]
        if plan.endpoint is not None and plan.channel in RINGING:
            touched.append((SubjectKind.ENDPOINT, plan.endpoint))
        shared = {
            "slot_id": slot_id,
            "unit": unit,
            "channel": plan.channel,
            "category": plan.category,
            "occasion_class": plan.occasion_class,
            **kept,
            **when_columns(plan.at),
        }
        self.subjects += [
            {**shared, "subject_kind": kind, "subject_id": subject_id}
            for kind, subject_id in touched
        ]
        return [subject_id for _, subject_id in touched]

    def add_overruns(
        self, reasons: Iterable[Reason], *, slot_id: str, customer_id: str, cause: OverrunCause
    ) -> list[Overrun]:
        """Record what a contact went beyond, and why that was so."""
        rows = [
            {
                "id": new_id(),
                "created_at": self.now,
                "slot_id": slot_id,
                "customer_id": customer_id,
                "policy_key": reason.policy_key,
                "policy_version": reason.policy_version,
                "code": reason.code,
                "strength": reason.strength,
                "subject_kind": reason.subject_kind,
                "cause": cause,
                "forbidden_until": reason.forbidden_until,
            }
            for reason in reasons
            if reason.strength is not Strength.SOFT and reason.code not in NOT_A_POLICY
        ]
        self.overruns += rows
        return [Overrun(**row) for row in rows]

    def add_losses(self, decision: Decision, *, winner_slot_id: str) -> list[str]:
        """Let held slots give way to one that matters more; return which."""
        losses = [
            Loss(
                slot_id=loser.slot.slot_id,
                state=loser.becomes,
                winner_slot_id=winner_slot_id,
                reason=reason_of(loser, decision.plan),
                at=self.now,
            )
            for loser in decision.losers
        ]
        self.losses += losses
        for loss in losses:
            for row in self.slots:
                if row["id"] == loss.slot_id:  # of this very chunk: its caller reads it there
                    row |= {"state": loss.state, "reason": loss.reason}
                    row["winner_slot_id"] = winner_slot_id
        return [loss.slot_id for loss in losses]

    def write(self) -> None:
        """Write all entries, a few statements for any number of them."""
        db.session.flush()
        if self.decisions and not self.is_frame_kept:
            _keep_frame(self.frame, self.now)
        entered = {
            StoredDecision: self.decisions,
            Slot: self.slots,
            SlotSubject: self.subjects,
            Overrun: self.overruns,
        }
        insert_together(entered)
        for rows in entered.values():
            rows.clear()
        if self.losses:
            give_way(self.losses)
            self.losses.clear()


def _planned(plan: Plan) -> dict[str, Any]:
    return {
        "customer_id": plan.customer_id,
        "channel": plan.channel,
        "category": plan.category,
        "effective_at": plan.at,
        "planned_at": plan.at,
        "not_after": plan.not_after,
        "endpoint": plan.endpoint,
        "visit_id": plan.visit_id,
        "occurrence": plan.occurrence,
        "said_once": plan.said_once,
        "source": plan.source,
        "is_agreed": plan.is_agreed,
        "occasion_class": plan.occasion_class,
        "occasion_rank": plan.occasion_rank,
    }


def _keep_frame(frame: PolicyFrame, now: datetime) -> None:
    row = {"digest": frame.digest, "content": frame.content, "created_at": now}
    db.session.execute(insert(DecisionFrame).values(**row).on_conflict_do_nothing())


def unit_of(plan: Plan, facts: Facts, *, slot_id: str) -> str:
    """Return what a slot counts as: a visit and the contacts that serve it are one."""
    return plan.visit_id if plan.visit_id and serves_visit(plan, facts) else slot_id


def when_columns(at: datetime) -> dict[str, int]:
    """Return a moment as the subjects keep it: exactly, and by local day and month."""
    value = moments.micros(at)
    day = moments.local_day(value, config.current().zone)
    month = moments.month_number(day)
    return {"effective_micros": value, "local_day": day, "local_month": month}


def keep_subjects(slots: Sequence[Slot], **changes: Any) -> None:
    """Let the slots' subjects say what the slots say, in one statement."""
    if not slots:
        return
    db.session.flush()
    rows = [{"its_slot": slot.id, **changes, **_kept_of(slot)} for slot in slots]
    change = sa.update(SUBJECTS).where(SlotSubject.slot_id == sa.bindparam("its_slot"))
    db.session.connection().execute(change, rows)


def _kept_of(slot: Slot) -> dict[str, Any]:
    counting = slot.counting if slot.state in COUNTING_STATES else Counting.NONE
    claimed = _claim_of(slot) if slot.state is SlotState.HELD else None
    return {"counting": counting, "claim": claimed, **when_columns(slot.effective_at)}


def _claim_of(slot: Slot) -> str:
    return claim(
        slot.category,
        occasion_class=slot.occasion_class,
        occasion_rank=slot.occasion_rank or 0,
        is_agreed=slot.is_agreed,
        not_after=slot.not_after,
        made_at=slot.created_at,
    )


def readdress_slot(slot: Slot, *, number: str | None) -> None:
    """Let a planned call or message go to another number, whose caps hold for it from now on."""
    own = sa.and_(SlotSubject.slot_id == slot.id, SlotSubject.subject_kind == SubjectKind.ENDPOINT)
    slot.endpoint = number
    db.session.flush()
    db.session.execute(sa.delete(SUBJECTS).where(own))
    if number is None:
        return
    kept = [column for column in SUBJECTS.c if column.name not in ("subject_id", "subject_kind")]
    person = sa.select(
        *kept, sa.literal(number), sa.literal(SubjectKind.ENDPOINT, SUBJECTS.c.subject_kind.type)
    ).where(SlotSubject.slot_id == slot.id, SlotSubject.subject_id == slot.customer_id)
    names = [*(column.name for column in kept), "subject_id", "subject_kind"]
    db.session.execute(sa.insert(SUBJECTS).from_select(names, person))
