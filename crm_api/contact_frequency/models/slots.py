"""The ledger: one slot for each contact, planned or made."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.contact_frequency.errors import SlotSettled
from crm_api.contact_frequency.terms import ABSENT, NO_ANSWER, Counting, SlotState, SubjectKind
from crm_api.customers.terms import Category, Channel
from crm_api.kit.db import Model, Record
from crm_api.kit.succession import BY_RULE, open_as
from crm_api.kit.types import RecordId, enum_column

# Literal, not bound: SQLite ignores a partial index whose condition is a parameter.
TAKEN = sa.text("state IN ('held', 'reserved', 'in_flight', 'uncertain', 'consumed')")
TAKEN_OCCURRENCE = sa.text(f"occurrence IS NOT NULL AND {TAKEN.text}")
TAKEN_SOURCE = sa.text(f"source IS NOT NULL AND {TAKEN.text}")
OPEN = sa.text("state IN ('held', 'reserved', 'in_flight', 'uncertain')")
SERVES_VISIT = sa.text("visit_id IS NOT NULL")
TO_REPLAN = sa.text("needs_new_plan AND state IN ('held', 'reserved')")
SAID_ON_NUMBER = sa.text(f"said_once IS NOT NULL AND {TAKEN.text}")
BY_OVERRIDE = sa.text("override_id IS NOT NULL")
BY_SEGMENT = sa.text("segments IS NOT NULL")
PLANNED_CALL = "channel = 'call' AND state = 'reserved'"
COUNTS = sa.text("counting <> 'none'")
SUBJECT_COUNTS = sa.text("slot_subjects.counting <> 'none'")

_ENDS = {
    SlotState.RELEASED,
    SlotState.EXPIRED,
    SlotState.PREEMPTED,
    SlotState.COALESCED,
}
_NEXT: dict[SlotState, set[SlotState]] = {
    SlotState.HELD: {SlotState.RESERVED, SlotState.IN_FLIGHT, SlotState.CONSUMED, *_ENDS},
    SlotState.RESERVED: {SlotState.IN_FLIGHT, SlotState.CONSUMED, *_ENDS},
    SlotState.IN_FLIGHT: {
        SlotState.RESERVED,
        SlotState.CONSUMED,
        SlotState.UNCERTAIN,
        SlotState.RELEASED,
    },
    SlotState.UNCERTAIN: {SlotState.RESERVED, SlotState.CONSUMED, SlotState.RELEASED},
    # Only a withdrawal leads back: a manager agreed that the contact never happened.
    SlotState.CONSUMED: {SlotState.RELEASED},
    SlotState.RELEASED: {SlotState.CONSUMED},
    SlotState.EXPIRED: {SlotState.CONSUMED},
    SlotState.PREEMPTED: {SlotState.CONSUMED},
    SlotState.COALESCED: {SlotState.CONSUMED, SlotState.RELEASED},
}


class Slot(Record, Model):
    """One contact's entry in the ledger.

    `effective_at` is the planned start, and once it happened the real one. `judged_at`, `tier` and
    `segments` say by which policies it was last measured; segments are written only while a policy
    names any, and mean nothing where none did at `judged_at`. Whether and where it counts stands
    in `counting`.
    """

    __tablename__ = "contact_slots"
    __table_args__ = (
        sa.Index(
            "uq_contact_slots_occurrence",
            "customer_id",
            "occurrence",
            unique=True,
            sqlite_where=TAKEN_OCCURRENCE,
            postgresql_where=TAKEN_OCCURRENCE,
        ),
        sa.Index(
            "uq_contact_slots_source",
            "source",
            unique=True,
            sqlite_where=TAKEN_SOURCE,
            postgresql_where=TAKEN_SOURCE,
        ),
        sa.Index(
            "ix_contact_slots_open",
            "effective_at",
            "id",
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
        sa.Index(
            "ix_contact_slots_visit_id",
            "visit_id",
            sqlite_where=SERVES_VISIT,
            postgresql_where=SERVES_VISIT,
        ),
        sa.Index(
            "ix_contact_slots_to_replan",
            "effective_at",
            "id",
            sqlite_where=TO_REPLAN,
            postgresql_where=TO_REPLAN,
        ),
        sa.Index(
            "ix_contact_slots_to_replan_customer_id",
            "customer_id",
            sqlite_where=TO_REPLAN,
            postgresql_where=TO_REPLAN,
        ),
        sa.Index(
            "ix_contact_slots_said_once",
            "endpoint",
            "said_once",
            sqlite_where=SAID_ON_NUMBER,
            postgresql_where=SAID_ON_NUMBER,
        ),
        sa.Index(
            "uq_contact_slots_override_id",
            "override_id",
            unique=True,
            sqlite_where=BY_OVERRIDE,
            postgresql_where=BY_OVERRIDE,
        ),
        sa.Index(
            "ix_contact_slots_segments",
            "segments",
            sqlite_where=BY_SEGMENT,
            postgresql_where=BY_SEGMENT,
        ),
    )

    customer_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("customers.id"), info=BY_RULE | open_as("planned_calls", where=PLANNED_CALL)
    )
    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    category: Mapped[Category] = mapped_column(enum_column(Category))
    state: Mapped[SlotState] = mapped_column(enum_column(SlotState))
    counting: Mapped[Counting] = mapped_column(enum_column(Counting), default=Counting.FULL)
    effective_at: Mapped[datetime]
    planned_at: Mapped[datetime | None]
    occurred_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime | None]
    not_after: Mapped[datetime | None]
    endpoint: Mapped[str | None] = mapped_column(sa.String(32))
    visit_id: Mapped[str | None] = mapped_column(sa.String(64))
    occurrence: Mapped[str | None] = mapped_column(sa.String(200))
    # What a number hears once, whoever on it is meant: a festival's greeting.
    said_once: Mapped[str | None] = mapped_column(sa.String(200))
    source: Mapped[str | None] = mapped_column(sa.String(200))
    is_agreed: Mapped[bool] = mapped_column(default=False)
    occasion_class: Mapped[int | None]
    occasion_rank: Mapped[int | None]
    winner_slot_id: Mapped[RecordId | None]  # to which contact it lost its moment
    outcome: Mapped[str | None] = mapped_column(sa.String(64))
    reason: Mapped[str | None] = mapped_column(sa.String(200))
    tier: Mapped[str] = mapped_column(sa.String(32))
    segments: Mapped[str | None]  # their ids with commas between them
    judged_at: Mapped[datetime]
    decision_id: Mapped[RecordId | None]
    by_id: Mapped[str | None] = mapped_column(sa.String(64))
    override_id: Mapped[RecordId | None]
    needs_new_plan: Mapped[bool] = mapped_column(default=False)
    is_late: Mapped[bool] = mapped_column(default=False)
    needs_look: Mapped[bool] = mapped_column(default=False)

    def become(self, state: SlotState, *, reason: str | None = None) -> None:
        """Go on to the next state of this life.

        :raises SlotSettled: if there is no way from here to there
        """
        if state not in _NEXT[self.state]:
            raise SlotSettled(state=self.state, wanted=state)
        self.state = state
        self.reason = reason

    def move(
        self,
        *,
        to: datetime,
        tier: str,
        segments: str | None,
        decision_id: str | None,
        at: datetime,
    ) -> None:
        """Stand at another moment, judged anew."""
        self.planned_at = to
        self.needs_new_plan = False
        self.judge(effective_at=to, tier=tier, segments=segments, decision_id=decision_id, at=at)

    def happen(
        self,
        *,
        at: datetime,
        outcome: str | None,
        recorded_at: datetime,
        late: timedelta,
        for_a_look: timedelta,
    ) -> None:
        """Note how and when the contact took place, and when that was told.

        Told again after it was withdrawn, one that the customer began goes on counting for nothing.
        """
        if self.occurred_at is None or self.counting is not Counting.NONE:
            self.counting = counting_of(self.channel, outcome)
        self.occurred_at = at
        self.recorded_at = recorded_at
        self.outcome = outcome
        self.is_late = recorded_at - at > late
        self.needs_look = recorded_at - at > for_a_look
        self.needs_new_plan = False

    def judge(
        self,
        *,
        effective_at: datetime,
        tier: str,
        segments: str | None,
        decision_id: str | None,
        at: datetime,
    ) -> None:
        """Stand where a decision put it."""
        self.effective_at = effective_at
        self.tier = tier
        self.segments = segments
        self.decision_id = decision_id
        self.judged_at = at


def counting_of(channel: Channel, outcome: str | None) -> Counting:
    """Tell toward which caps a contact counts that ended like this."""
    if channel is Channel.VISIT and outcome == ABSENT:
        return Counting.VISIT_ONLY
    if channel is Channel.CALL and outcome == NO_ANSWER:
        return Counting.ANY_ONLY
    return Counting.FULL


class SlotSubject(Model):
    """Whom a slot touches, with all that a check needs: it reads one index range a subject.

    `unit` is the visit that the slot belongs to, or the slot itself. The effective instant is kept
    as microseconds since 1970, its day and month are local numbers, so that one statement audits
    the whole ledger exactly on both engines. `claim` is kept while the slot is held: what it brings
    forward where another contact wants its moment.
    """

    __tablename__ = "slot_subjects"
    __table_args__ = (
        sa.Index(
            "ix_slot_subjects_counting",
            "subject_id",
            "effective_micros",
            sqlite_where=COUNTS,
            postgresql_where=COUNTS,
        ),
    )

    slot_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("contact_slots.id"), primary_key=True)
    subject_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True, info=BY_RULE)
    subject_kind: Mapped[SubjectKind] = mapped_column(enum_column(SubjectKind))
    unit: Mapped[str] = mapped_column(sa.String(64))
    effective_micros: Mapped[int] = mapped_column(sa.BigInteger)
    local_day: Mapped[int]
    local_month: Mapped[int]
    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    category: Mapped[Category] = mapped_column(enum_column(Category))
    counting: Mapped[Counting] = mapped_column(enum_column(Counting))
    claim: Mapped[str | None] = mapped_column(sa.String(64))
    occasion_class: Mapped[int | None]
