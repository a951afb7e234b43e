"""What gateways did and said: attempts, reports, inbound messages, and how fast each may pull."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.care.gateway.errors import ReviewedAlready
from crm_api.care.gateway.terms import AckResult, InboundAction, ReportStatus
from crm_api.kit.db import Model, Record
from crm_api.kit.succession import YIELDS
from crm_api.kit.types import RecordId, enum_column

# Literal, because SQLite ignores a partial index whose condition is a bound parameter.
IS_UNMATCHED = sa.text("attempt_id IS NULL")
AWAITS_REVIEW = sa.text("action = 'review' AND reviewed_at IS NULL")
IS_REFUSAL = sa.text("action = 'opt_out' OR is_refusal")
UNANSWERED = sa.text("answered_at IS NULL AND action IN ('none', 'help', 'review')")


class DeliveryAttempt(Record, Model):
    """One hand-out of a message, and what its gateway answered.

    Without `begun_at`, the gateway gave the message back before it began. `token_hash` is the
    token of the begin, and once there is one that of the answer: repeated, each is known by it.
    """

    __tablename__ = "care_attempts"
    __table_args__ = (
        sa.UniqueConstraint("message_id", "token_hash"),
        sa.Index(None, "gateway_id", "provider_id"),
    )

    message_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("care_messages.id"))
    gateway_id: Mapped[RecordId]
    worker: Mapped[str] = mapped_column(sa.String(64))
    begun_at: Mapped[datetime | None]
    token_hash: Mapped[str | None] = mapped_column(sa.String(64))
    result: Mapped[AckResult | None] = mapped_column(enum_column(AckResult))
    acked_at: Mapped[datetime | None]
    provider_id: Mapped[str | None] = mapped_column(sa.String(128))
    error: Mapped[str] = mapped_column(sa.String(200), default="")
    segments: Mapped[int | None]


class DeliveryReport(Record, Model):
    """What a gateway heard from the network. Without an attempt, nobody knows yet of what."""

    __tablename__ = "care_reports"
    __table_args__ = (
        sa.UniqueConstraint("gateway_id", "report_id"),
        sa.Index(None, "attempt_id"),
        sa.Index(
            "ix_care_reports_unmatched",
            "gateway_id",
            "provider_id",
            sqlite_where=IS_UNMATCHED,
            postgresql_where=IS_UNMATCHED,
        ),
        sa.Index(
            "ix_care_reports_unmatched_since",
            "created_at",
            "id",
            sqlite_where=IS_UNMATCHED,
            postgresql_where=IS_UNMATCHED,
        ),
    )

    gateway_id: Mapped[RecordId]
    report_id: Mapped[str] = mapped_column(sa.String(128))
    message_id: Mapped[RecordId | None]  # as the gateway named it, true or not
    provider_id: Mapped[str | None] = mapped_column(sa.String(128))
    attempt_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("care_attempts.id"))
    part: Mapped[int]
    parts: Mapped[int]
    status: Mapped[ReportStatus] = mapped_column(enum_column(ReportStatus))
    raw: Mapped[str]
    reported_at: Mapped[datetime]


class InboundMessage(Record, Model):
    """A message that a customer sent, and what it made us do."""

    __tablename__ = "care_inbound"
    __table_args__ = (
        sa.UniqueConstraint("gateway_id", "inbound_id"),
        sa.Index(None, "number", "received_at"),
        sa.Index(
            "ix_care_inbound_awaiting_review",
            "created_at",
            "id",
            sqlite_where=AWAITS_REVIEW,
            postgresql_where=AWAITS_REVIEW,
        ),
        sa.Index(
            "ix_care_inbound_refusals",
            "received_at",
            sqlite_where=IS_REFUSAL,
            postgresql_where=IS_REFUSAL,
        ),
        sa.Index(
            "ix_care_inbound_unanswered",
            "created_at",
            "id",
            sqlite_where=UNANSWERED,
            postgresql_where=UNANSWERED,
        ),
    )

    gateway_id: Mapped[RecordId]
    inbound_id: Mapped[str] = mapped_column(sa.String(128))
    number: Mapped[str] = mapped_column(sa.String(32))
    sent_to: Mapped[str] = mapped_column(sa.String(32))
    text: Mapped[str]
    received_at: Mapped[datetime]
    action: Mapped[InboundAction] = mapped_column(enum_column(InboundAction))
    reviewed_at: Mapped[datetime | None]
    reviewed_by_id: Mapped[RecordId | None]
    is_refusal: Mapped[bool | None]
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[RecordId | None]

    def review(self, *, is_refusal: bool, by_id: str, at: datetime) -> None:
        """Note what a person read in it.

        :raises ReviewedAlready: if somebody read it otherwise
        """
        if self.reviewed_at is not None:
            if self.is_refusal != is_refusal:
                raise ReviewedAlready
            return
        self.is_refusal = is_refusal
        self.reviewed_by_id = by_id
        self.reviewed_at = at

    def answer(self, *, by_id: str, at: datetime) -> None:
        """Note who saw to it first."""
        if self.answered_at is None:
            self.answered_by_id = by_id
            self.answered_at = at


class InboundCustomer(Model):
    """A customer who had the number that a message came from, when it came."""

    __tablename__ = "care_inbound_customers"

    inbound_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("care_inbound.id"), primary_key=True)
    customer_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("customers.id"), primary_key=True, index=True, info=YIELDS
    )


class GatewayPace(Model):
    """The token bucket of a gateway and a sender, as one number: up to when its rate is spent."""

    __tablename__ = "gateway_paces"

    gateway_id: Mapped[RecordId] = mapped_column(primary_key=True)
    sender: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    spent_until: Mapped[float] = mapped_column(sa.Double())  # seconds since 1970
