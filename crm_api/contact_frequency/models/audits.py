"""Runs of the nightly audit, and the alerts that they raise and close."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.contact_frequency.errors import AlertAcknowledged
from crm_api.contact_frequency.terms import AlertKind, AuditPhase, SubjectKind
from crm_api.kit.db import Model, Record
from crm_api.kit.succession import MOVES, STAYS
from crm_api.kit.types import RecordId, enum_column

UNFINISHED = sa.text("finished_at IS NULL")
STANDING = sa.text("closed_at IS NULL")


class GovernorAudit(Record, Model):
    """A run over the whole ledger. One that was cut short goes on where its cursor stands."""

    __tablename__ = "governor_audits"
    __table_args__ = (
        sa.Index(
            "uq_governor_audits_unfinished",
            "is_running",
            unique=True,
            sqlite_where=UNFINISHED,
            postgresql_where=UNFINISHED,
        ),
        sa.Index(None, "finished_at"),
    )

    is_running: Mapped[bool] = mapped_column(default=True)
    phase: Mapped[AuditPhase] = mapped_column(enum_column(AuditPhase), default=AuditPhase.CAPS)
    cursor: Mapped[str] = mapped_column(sa.String(64), default="")
    looked_at: Mapped[int] = mapped_column(default=0)
    breaches: Mapped[int] = mapped_column(default=0)
    busy_ms: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    finished_at: Mapped[datetime | None]

    def advance(self, phase: AuditPhase, cursor: str, *, looked_at: int, busy_ms: int) -> None:
        """Note how far the run came."""
        self.phase = phase
        self.cursor = cursor
        self.looked_at += looked_at
        self.busy_ms += busy_ms

    def restart(self, *, at: datetime) -> None:
        """Begin anew: what was looked at before is too long ago."""
        self.created_at = at
        self.phase, self.cursor = AuditPhase.CAPS, ""
        self.looked_at = self.busy_ms = 0

    def finish(self, *, breaches: int, at: datetime) -> None:
        """End the run."""
        self.is_running = False
        self.breaches = breaches
        self.finished_at = at


class GovernorAlert(Record, Model):
    """Something that the audit found and somebody should explain.

    `mark` names what was found, so that the same finding is one alert for as long as it stands.
    """

    __tablename__ = "governor_alerts"
    __table_args__ = (
        sa.Index(
            "uq_governor_alerts_mark",
            "mark",
            unique=True,
            sqlite_where=STANDING,
            postgresql_where=STANDING,
        ),
        sa.Index(None, "created_at", "id"),
        sa.Index(None, "customer_id"),
    )

    kind: Mapped[AlertKind] = mapped_column(enum_column(AlertKind))
    mark: Mapped[str] = mapped_column(sa.String(300))
    customer_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("customers.id"), info=MOVES)
    subject_kind: Mapped[SubjectKind] = mapped_column(enum_column(SubjectKind))
    subject_id: Mapped[str] = mapped_column(sa.String(64), info=STAYS)
    policy_key: Mapped[str | None] = mapped_column(sa.String(64))
    allowed: Mapped[int | None]
    found: Mapped[int | None]
    slot_id: Mapped[RecordId | None]
    first_slot_id: Mapped[RecordId | None]
    decision_id: Mapped[RecordId | None]
    seen_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    acknowledged_by_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("staff.id"))
    acknowledged_at: Mapped[datetime | None]
    note: Mapped[str | None]

    def acknowledge(self, *, by_id: str, note: str, at: datetime) -> None:
        """Note who answers for it, and what they say. A repeat changes nothing.

        :raises AlertAcknowledged: if somebody answered otherwise
        """
        if self.acknowledged_at is not None:
            if (self.acknowledged_by_id, self.note) != (by_id, note):
                raise AlertAcknowledged
            return
        self.acknowledged_by_id = by_id
        self.acknowledged_at = at
        self.note = note
