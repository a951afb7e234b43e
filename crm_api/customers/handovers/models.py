"""Handovers, what became of each customer, and each row that moved: all that an undo needs."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.customers.handovers.terms import HandoverState, Outcome
from crm_api.kit.db import Model, Versioned
from crm_api.kit.succession import STAYS
from crm_api.kit.types import RecordId, enum_column


class Handover(Versioned, Model):
    """Customers of one account manager go to others, at a moment that may lie ahead."""

    __tablename__ = "handovers"
    __table_args__ = (
        sa.Index(None, "giver_id", "id"),
        sa.Index(None, "state", "takes_effect_at", "id"),
    )

    giver_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"), info=STAYS)
    takes_effect_at: Mapped[datetime]
    # Everybody whom no share names goes too, as the portfolio is when it takes effect.
    takes_rest: Mapped[bool]
    # A manager gives away what lies in the own teams, whatever else the giver has.
    within_team_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("teams.id"))
    reason: Mapped[str]
    by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
    state: Mapped[HandoverState] = mapped_column(
        enum_column(HandoverState), default=HandoverState.PLANNED
    )
    begun_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    undo_until: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    stopped_by_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("staff.id"))
    stop_reason: Mapped[str | None]

    def begin(self, *, at: datetime) -> None:
        """Note that it takes effect."""
        self.state, self.begun_at = HandoverState.UNDER_WAY, at

    def finish(self, *, at: datetime, undo_until: datetime) -> None:
        """Note that no customer waits any more, on the way there or back."""
        if self.state is HandoverState.UNDOING:
            self.state = HandoverState.UNDONE
        else:
            self.state, self.done_at, self.undo_until = HandoverState.DONE, at, undo_until

    def stop(self, state: HandoverState, *, by_id: str, reason: str, at: datetime) -> None:
        """Call it off, or turn it back."""
        self.state = state
        self.stopped_by_id, self.stop_reason, self.stopped_at = by_id, reason, at


class HandoverShare(Model):
    """One of those who receive customers; `takes_rest` along with the others who do."""

    __tablename__ = "handover_shares"
    __table_args__ = (sa.Index(None, "receiver_id", "handover_id"),)

    handover_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("handovers.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    receiver_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"), info=STAYS)
    takes_rest: Mapped[bool]


class HandedCustomer(Model):
    """One customer of a handover, whose it was and becomes, and how that went."""

    __tablename__ = "handed_customers"
    __table_args__ = (
        sa.Index(None, "customer_id"),
        sa.Index(None, "handover_id", "outcome", "customer_id"),
    )

    handover_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("handovers.id"), primary_key=True)
    customer_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("customers.id"), primary_key=True, info=STAYS
    )
    receiver_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"), info=STAYS)
    team_id_before: Mapped[RecordId | None]
    outcome: Mapped[Outcome] = mapped_column(enum_column(Outcome), default=Outcome.WAITING)


class HandedRow(Model):
    """An open row that went along, such as a visit to come."""

    __tablename__ = "handed_rows"

    handover_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("handovers.id"), primary_key=True)
    table_name: Mapped[str] = mapped_column(sa.String(63), primary_key=True)
    row_id: Mapped[RecordId] = mapped_column(primary_key=True)
