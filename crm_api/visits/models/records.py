"""What a visit leaves behind: its record and follow-ups."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm_api.accounts.models import Staff
from crm_api.customers.terms import Category, Channel
from crm_api.kit.db import Model, Record, Versioned
from crm_api.kit.succession import MOVES, open_as
from crm_api.kit.types import Json, RecordId, enum_column
from crm_api.visits.errors import AlreadyDone

if TYPE_CHECKING:
    from crm_api.visits.models.visit import Visit


class VisitRecord(Model):
    """What was found and what was learnt. Written once, when the visit closes."""

    __tablename__ = "visit_records"
    __table_args__ = (sa.Index("ix_visit_records_created_at", "created_at", "visit_id"),)

    visit_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("visits.id"), primary_key=True)
    by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
    created_at: Mapped[datetime]
    sections: Mapped[dict[str, Any]]
    went_well: Mapped[str]
    went_badly: Mapped[str]
    next_time: Mapped[str]
    leave_alone_until: Mapped[date | None]
    leave_alone_reason: Mapped[str | None]
    # When its retrospective was given to the team, stripped of personal data.
    shared_at: Mapped[datetime | None]
    shared_by_id: Mapped[RecordId | None]

    author: Mapped[Staff] = relationship(lazy="raise_on_sql", viewonly=True)
    visit: Mapped[Visit] = relationship(lazy="raise_on_sql", viewonly=True)


class LearnedFact(Record, Model):
    """What a visit taught us of a customer: who learned it, when, where. Confirmed if unchanged."""

    __tablename__ = "learned_facts"
    __table_args__ = (sa.Index(None, "customer_id", "field", "created_at"),)

    visit_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("visits.id"), index=True)
    customer_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("customers.id"), info=MOVES)
    by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
    field: Mapped[str] = mapped_column(sa.String(64))
    before: Mapped[Any] = mapped_column(Json, nullable=True)
    after: Mapped[Any] = mapped_column(Json, nullable=True)
    # The entry that it made, where it made one: an anniversary, a life event.
    record_id: Mapped[RecordId | None]

    visit: Mapped[Visit] = relationship(lazy="raise_on_sql", viewonly=True)
    undoing: Mapped[UndoneFact | None] = relationship(lazy="raise_on_sql", viewonly=True)


class UndoneFact(Model):
    """That a fact was learned by mistake, who says so and why. Both rows stay."""

    __tablename__ = "undone_facts"

    fact_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("learned_facts.id"), primary_key=True)
    by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
    reason: Mapped[str]
    created_at: Mapped[datetime]


class FollowUp(Versioned, Model):
    """A task that a visit left; where it is a contact, it holds a slot of its own."""

    __tablename__ = "follow_ups"
    __table_args__ = (
        sa.Index(None, "customer_id", "due_on", "id"),
        sa.Index(None, "owner_id", "due_on", "id"),
        sa.Index(None, "visit_id"),
    )

    visit_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("visits.id"))
    customer_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("customers.id"), info=MOVES)
    owner_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("staff.id"), info=MOVES | open_as("open_follow_ups", where="done_at IS NULL")
    )
    text: Mapped[str]
    due_on: Mapped[date]
    is_next_touch: Mapped[bool] = mapped_column(default=False)
    channel: Mapped[Channel | None] = mapped_column(enum_column(Channel))
    category: Mapped[Category | None] = mapped_column(enum_column(Category))
    contact_at: Mapped[datetime | None]
    slot_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("contact_slots.id"), unique=True)
    next_visit_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("visits.id"), unique=True)
    done_at: Mapped[datetime | None]
    outcome: Mapped[str | None]

    def finish(self, *, outcome: str, at: datetime) -> bool:
        """Note that the task is done; tell whether that is news.

        :raises AlreadyDone: if it ended otherwise
        """
        if self.done_at is None:
            self.done_at, self.outcome = at, outcome
            return True
        if self.outcome != outcome:
            raise AlreadyDone
        return False
