"""A visit: who goes to whom, when, why; and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm_api.contact_frequency.models import Slot
from crm_api.contact_history.terms import Purpose
from crm_api.customers.terms import Category, Channel
from crm_api.kit.db import Model, Versioned
from crm_api.kit.succession import MOVES, open_as
from crm_api.kit.types import RecordId, enum_column
from crm_api.visits.models.parts import VisitColleague, VisitObjective, VisitPerson
from crm_api.visits.policies import progress
from crm_api.visits.terms import Booking, Side, Step, Verdict, VisitStatus

if TYPE_CHECKING:
    from crm_api.visits.models.records import FollowUp, VisitRecord
    from crm_api.visits.offers.models import Offer, Opportunity
    from crm_api.visits.promises.models import Promise


DELETED = "Deleted on the phone."
# Nobody closed it yet: whoever answers for the customer answers for it.
IS_OPEN = "status IN ('planned', 'confirmed', 'checked_in', 'checked_out')"


class Visit(Versioned, Model):
    """One visit to one customer. It holds one slot and becomes one contact."""

    __tablename__ = "visits"
    __table_args__ = (
        sa.Index(None, "owner_id", "starts_at", "id"),
        sa.Index(None, "customer_id", "starts_at", "id"),
        sa.Index(None, "status", "ends_at", "id"),
        sa.CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
    )

    customer_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("customers.id"), info=MOVES)
    owner_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("staff.id"), info=MOVES | open_as("open_visits", where=IS_OPEN)
    )
    planned_by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
    plan_digest: Mapped[str] = mapped_column(sa.String(64))
    purpose: Mapped[Purpose] = mapped_column(enum_column(Purpose))
    category: Mapped[Category] = mapped_column(enum_column(Category))
    place: Mapped[str]
    place_latitude: Mapped[float | None] = mapped_column(sa.Float)
    place_longitude: Mapped[float | None] = mapped_column(sa.Float)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    tools: Mapped[list[str]]
    is_unannounced: Mapped[bool] = mapped_column(default=False)
    status: Mapped[VisitStatus] = mapped_column(
        enum_column(VisitStatus), default=VisitStatus.PLANNED
    )
    booking: Mapped[Booking] = mapped_column(enum_column(Booking), default=Booking.NONE)
    slot_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("contact_slots.id"), unique=True)
    contact_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("contacts.id"), unique=True)
    warnings: Mapped[list[Any]] = mapped_column(default=list)
    # Why the governor refused its time, of a visit that a phone had planned already: it is kept
    # without a slot, and cannot be confirmed until it is moved, or that decision is overridden.
    refused_because: Mapped[list[Any] | None]
    next_allowed_at: Mapped[datetime | None]
    refusal_id: Mapped[RecordId | None]

    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None]
    confirmed_how: Mapped[Channel | None] = mapped_column(enum_column(Channel))
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[Side | None] = mapped_column(enum_column(Side))
    cancel_reason: Mapped[str | None]
    # Called off by deleting it on a phone: it leaves all phones, and stays on record here.
    deleted_at: Mapped[datetime | None]
    missed_at: Mapped[datetime | None]
    absent: Mapped[Side | None] = mapped_column(enum_column(Side))
    absence_proof: Mapped[str | None]

    checked_in_at: Mapped[datetime | None]
    checked_in_place: Mapped[str | None]
    latitude: Mapped[float | None] = mapped_column(sa.Float)
    longitude: Mapped[float | None] = mapped_column(sa.Float)
    accuracy_m: Mapped[float | None] = mapped_column(sa.Float)
    distance_m: Mapped[int | None]
    verdict: Mapped[Verdict | None] = mapped_column(enum_column(Verdict))
    verdict_reasons: Mapped[list[str]] = mapped_column(default=list)
    checked_out_at: Mapped[datetime | None]
    check_out_latitude: Mapped[float | None] = mapped_column(sa.Float)
    check_out_longitude: Mapped[float | None] = mapped_column(sa.Float)
    check_out_accuracy_m: Mapped[float | None] = mapped_column(sa.Float)
    check_out_distance_m: Mapped[int | None]
    check_out_verdict: Mapped[Verdict | None] = mapped_column(enum_column(Verdict))
    check_out_verdict_reasons: Mapped[list[str]] = mapped_column(default=list)
    recorded_at: Mapped[datetime | None]

    brief_digest: Mapped[str | None] = mapped_column(sa.String(64))
    brief_acknowledged_at: Mapped[datetime | None]

    slot: Mapped[Slot | None] = relationship(viewonly=True, lazy="raise_on_sql")
    objectives: Mapped[list[VisitObjective]] = relationship(
        order_by=VisitObjective.position, lazy="raise_on_sql", cascade="all, delete-orphan"
    )
    persons: Mapped[list[VisitPerson]] = relationship(
        order_by=VisitPerson.position, lazy="raise_on_sql", cascade="all, delete-orphan"
    )
    colleagues: Mapped[list[VisitColleague]] = relationship(
        order_by=VisitColleague.id, lazy="raise_on_sql", cascade="all, delete-orphan"
    )
    record: Mapped[VisitRecord | None] = relationship(lazy="raise_on_sql")
    promises: Mapped[list[Promise]] = relationship(lazy="raise_on_sql", order_by="Promise.due_on")
    follow_ups: Mapped[list[FollowUp]] = relationship(
        lazy="raise_on_sql", order_by="FollowUp.due_on", foreign_keys="FollowUp.visit_id"
    )

    offers: Mapped[list[Offer]] = relationship(lazy="raise_on_sql", order_by="Offer.id")
    opportunities: Mapped[list[Opportunity]] = relationship(
        lazy="raise_on_sql", order_by="Opportunity.id"
    )

    @property
    def met_ids(self) -> list[str]:
        """The customers whom the visit meets: its own first, then the others, each once."""
        others = [p.customer_id for p in self.persons if p.customer_id]
        return list(dict.fromkeys([self.customer_id, *others]))

    @property
    def needs_new_plan(self) -> bool:
        """Whether something made the time illegal since: it keeps its slot, and should move."""
        return self.slot is not None and self.slot.needs_new_plan

    @property
    def is_brief_acknowledged(self) -> bool:
        """Whether the brief was read before the door; a missing word is a flag, no refusal."""
        read_at, came_at = self.brief_acknowledged_at, self.checked_in_at
        return read_at is not None and (came_at is None or read_at <= came_at)

    def stand_booked(self, slot_id: str) -> None:
        """Note that it holds a slot. What a phone planned against the caps is forgiven with it."""
        self.slot_id, self.booking = slot_id, Booking.RESERVED
        self.refused_because = self.next_allowed_at = self.refusal_id = None

    def stand_refused(
        self, *, because: list[Any], next_allowed_at: datetime | None, refusal_id: str
    ) -> None:
        """Note that it stands where the caps allow no visit, and holds no slot."""
        self.slot_id, self.booking, self.warnings = None, Booking.REFUSED, []
        self.refused_because, self.next_allowed_at = because, next_allowed_at
        self.refusal_id = refusal_id

    def confirm(self, *, by: str, how: Channel, at: datetime) -> None:
        """Note that the customer agreed to the time."""
        self._advance(Step.CONFIRM, to=VisitStatus.CONFIRMED)
        self.confirmed_by, self.confirmed_how, self.confirmed_at = by, how, at

    def move(self, *, starts_at: datetime, ends_at: datetime, place: str | None) -> None:
        """Set another time. What the customer agreed to is another visit now: ask again."""
        self._advance(Step.MOVE, to=VisitStatus.PLANNED)
        self.is_unannounced = False
        self.starts_at, self.ends_at = starts_at, ends_at
        if place is not None and place != self.place:
            # It lies elsewhere: the old point would send people, and judge check-ins, wrong.
            self.place, self.place_latitude, self.place_longitude = place, None, None
        self.confirmed_by = self.confirmed_how = self.confirmed_at = None

    def cancel(self, *, by: Side, reason: str, at: datetime) -> None:
        """Call the visit off."""
        self._advance(Step.CANCEL, to=VisitStatus.CANCELLED)
        self.cancelled_by, self.cancel_reason, self.cancelled_at = by, reason, at

    def delete(self, *, at: datetime) -> None:
        """Note that a phone deleted it. Nobody agreed to it yet, so nobody need be told why."""
        self._advance(Step.DELETE, to=VisitStatus.CANCELLED)
        self.cancelled_by, self.cancel_reason = Side.US, DELETED
        self.cancelled_at = self.deleted_at = at

    def resume(self) -> None:
        """Note that it took place although somebody had called it off: a fact outweighs that."""
        self.status = VisitStatus.PLANNED
        self.cancelled_by = self.cancel_reason = self.cancelled_at = None
        self.absent = self.absence_proof = self.missed_at = None

    def miss(self, *, absent: Side, proof: str, at: datetime) -> None:
        """Note that one side was not there."""
        self._advance(Step.MISS, to=VisitStatus.MISSED)
        self.absent, self.absence_proof, self.missed_at = absent, proof, at

    def check_in(self, *, at: datetime) -> None:
        """Note that the visit began."""
        self._advance(Step.CHECK_IN, to=VisitStatus.CHECKED_IN)
        self.checked_in_at = at

    def check_out(self, *, at: datetime) -> None:
        """Note that the visit ended."""
        self._advance(Step.CHECK_OUT, to=VisitStatus.CHECKED_OUT)
        self.checked_out_at = at

    def close(self, *, at: datetime) -> None:
        """Close the visit with its record."""
        self._advance(Step.RECORD, to=VisitStatus.RECORDED)
        self.recorded_at = at

    def _advance(self, step: Step, *, to: VisitStatus) -> None:
        progress.require_order(step, self.status)
        self.status = to
