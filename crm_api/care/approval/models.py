"""What managers ruled about the messages of a day."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.care.approval.errors import RulingLifted
from crm_api.care.approval.terms import RulingKind
from crm_api.care.terms import Occasion
from crm_api.kit.db import Model, Record
from crm_api.kit.succession import YIELDS
from crm_api.kit.types import RecordId, enum_column

IS_IN_FORCE = sa.text("lifted_at IS NULL")


class DayRuling(Record, Model):
    """A hold on some of a day's messages, or leave for them, in a team and all beneath it.

    A rule, not a mark on messages: it covers those planned later as well. What it does not name
    (occasion, template, message, segment) it does not ask about. It ends with its day.
    """

    __tablename__ = "care_day_rulings"
    __table_args__ = (
        sa.Index(
            "ix_care_day_rulings_in_force",
            "on_day",
            sqlite_where=IS_IN_FORCE,
            postgresql_where=IS_IN_FORCE,
        ),
        sa.Index(None, "on_day", "id"),
    )

    kind: Mapped[RulingKind] = mapped_column(enum_column(RulingKind))
    on_day: Mapped[date]
    team_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("teams.id"))
    occasion: Mapped[Occasion | None] = mapped_column(enum_column(Occasion))
    template_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("care_templates.id"))
    message_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("care_messages.id"))
    segment_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("segments.id"))
    reason: Mapped[str]
    by_id: Mapped[RecordId]
    lifted_at: Mapped[datetime | None]
    lifted_by_id: Mapped[RecordId | None]
    lift_reason: Mapped[str | None]

    def lift(self, *, reason: str, by_id: str, at: datetime) -> None:
        """Let it hold no longer.

        :raises RulingLifted: if it was lifted before for another reason
        """
        if self.lifted_at is not None:
            if self.lift_reason == reason:
                return
            raise RulingLifted
        self.lifted_at, self.lifted_by_id, self.lift_reason = at, by_id, reason


class RulingMember(Model):
    """Who was in the segment that a ruling names when it was made: those whom it means."""

    __tablename__ = "care_ruling_members"

    ruling_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("care_day_rulings.id"), primary_key=True
    )
    customer_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("customers.id"), primary_key=True, index=True, info=YIELDS
    )
