"""That somebody asked to be forgotten, who agreed, and when it was done."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.kit.db import Model, Versioned
from crm_api.kit.succession import STAYS
from crm_api.kit.types import Json, RecordId, enum_column
from crm_api.privacy.errors import ErasureDecided
from crm_api.privacy.terms import ErasureStatus

# Literal, because SQLite ignores a partial index whose condition is a bound parameter.
IS_OPEN = sa.text("status IN ('requested', 'approved')")
S = ErasureStatus


class CustomerErasure(Versioned, Model):
    """A request to erase a customer. Once carried out, triggers let nobody change it.

    The append-only tables let in what erases a customer only where a row here says that two
    persons agreed, and that it is being done.
    """

    __tablename__ = "customer_erasures"
    __table_args__ = (
        sa.CheckConstraint(
            "decided_by_id <> requested_by_id OR status = 'withdrawn'", name="two_persons"
        ),
        sa.CheckConstraint(
            "status <> 'erased' OR (decided_by_id IS NOT NULL AND erased_at IS NOT NULL)",
            name="approved",
        ),
        sa.Index(
            "uq_customer_erasures_open",
            "customer_id",
            unique=True,
            sqlite_where=IS_OPEN,
            postgresql_where=IS_OPEN,
        ),
        sa.Index(None, "status", "erase_on", "id"),
    )

    customer_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("customers.id"), info=STAYS)
    # Whose customer it was when it was asked: the erased one belongs to nobody.
    team_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("teams.id"))
    reason: Mapped[str]
    asked_on: Mapped[date]
    erase_on: Mapped[date]
    status: Mapped[ErasureStatus] = mapped_column(enum_column(ErasureStatus), default=S.REQUESTED)
    requested_by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
    decided_by_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")
    erased_at: Mapped[datetime | None]
    # What stood in the way when it was last tried.
    blocked_by: Mapped[list[Any] | None] = mapped_column(Json)

    def decide(self, status: ErasureStatus, *, by_id: str, at: datetime, note: str) -> None:
        """Settle the request, once.

        :raises ErasureDecided: if somebody did
        """
        if self.status is not S.REQUESTED:
            raise ErasureDecided(status=self.status)
        self.status, self.note = status, note
        self.decided_by_id, self.decided_at = by_id, at

    def withdraw(self, *, by_id: str, at: datetime, note: str) -> None:
        """Take the request back, before it is carried out.

        :raises ErasureDecided: if it was refused, or is carried out
        """
        if self.status not in (S.REQUESTED, S.APPROVED):
            raise ErasureDecided(status=self.status)
        self.status, self.note = S.WITHDRAWN, note
        self.decided_by_id, self.decided_at = by_id, at

    def carry_out(self, *, at: datetime) -> None:
        """Say that it is done now. From here on nothing of this row may change.

        :raises ErasureDecided: unless two persons agreed, and it was not done before
        """
        if self.status is not S.APPROVED:
            raise ErasureDecided(status=self.status)
        self.status, self.erased_at, self.blocked_by = S.ERASED, at, None
