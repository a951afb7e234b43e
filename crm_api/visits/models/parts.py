"""What belongs to a visit alone: objectives, persons, notes, and the steps it took."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.kit.db import Model, Record
from crm_api.kit.succession import MOVES
from crm_api.kit.types import RecordId, enum_column
from crm_api.visits.terms import ObjectiveOutcome, Step


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
