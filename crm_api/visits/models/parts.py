"""What belongs to a visit alone: objectives, persons, colleagues, notes, the steps it took."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm_api.accounts.models import Staff
from crm_api.kit.db import Model, Record
from crm_api.kit.succession import MOVES, STAYS
from crm_api.kit.types import RecordId, enum_column
from crm_api.visits.terms import ObjectiveOutcome, Step, Verdict


class VisitObjective(Record, Model):
    """What a visit is to achieve, and what became of it."""

    __tablename__ = "visit_objectives"
    __table_args__ = (sa.UniqueConstraint("visit_id", "position"),)

    visit_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("visits.id"))
    position: Mapped[int]
    text: Mapped[str]
    outcome: Mapped[ObjectiveOutcome | None] = mapped_column(enum_column(ObjectiveOutcome))
    outcome_note: Mapped[str | None]


class VisitPerson(Record, Model):
    """Somebody whom a visit is to meet; a key person who is a customer spends that budget too."""

    __tablename__ = "visit_persons"
    __table_args__ = (sa.UniqueConstraint("visit_id", "position"),)

    visit_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("visits.id"))
    position: Mapped[int]
    customer_id: Mapped[RecordId | None] = mapped_column(
        sa.ForeignKey("customers.id"), index=True, info=MOVES
    )
    name: Mapped[str]
    role: Mapped[str]
    is_planned: Mapped[bool] = mapped_column(default=True)
    # Null until the record says who was really there.
    was_met: Mapped[bool | None]


class VisitColleague(Record, Model):
    """One of us who goes along: sees the visit, and checks in with a position of their own."""

    __tablename__ = "visit_colleagues"
    __table_args__ = (
        sa.UniqueConstraint("visit_id", "staff_id"),
        sa.Index(None, "staff_id", "visit_id"),
    )

    visit_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("visits.id"))
    staff_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"), info=STAYS)
    added_by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
    was_there: Mapped[bool | None]
    arrived_at: Mapped[datetime | None]
    arrival_digest: Mapped[str | None] = mapped_column(sa.String(64))
    latitude: Mapped[float | None] = mapped_column(sa.Float)
    longitude: Mapped[float | None] = mapped_column(sa.Float)
    accuracy_m: Mapped[float | None] = mapped_column(sa.Float)
    distance_m: Mapped[int | None]
    verdict: Mapped[Verdict | None] = mapped_column(enum_column(Verdict))
    verdict_reasons: Mapped[list[str]] = mapped_column(default=list)

    staff: Mapped[Staff] = relationship(lazy="raise_on_sql", viewonly=True, foreign_keys=[staff_id])

    @property
    def name(self) -> str:
        """Who it is."""
        return self.staff.name


class VisitNote(Record, Model):
    """Something noted during a visit. A row of its own, so that two phones never conflict."""

    __tablename__ = "visit_notes"
    __table_args__ = (sa.Index(None, "visit_id", "created_at", "id"),)

    visit_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("visits.id"))
    by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
    text: Mapped[str]


class VisitStep(Record, Model):
    """A step that a visit took, by whom; the digest tells a repeat from a second thought."""

    __tablename__ = "visit_steps"
    __table_args__ = (sa.Index(None, "visit_id", "step", "created_at"),)

    visit_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("visits.id"))
    step: Mapped[Step] = mapped_column(enum_column(Step))
    digest: Mapped[str] = mapped_column(sa.String(64))
    by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
