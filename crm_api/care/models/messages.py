"""The outbox: one row for each message, from the plan to the customer's phone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.care.errors import MessageMovedOn
from crm_api.care.terms import Encoding, MessageState, Occasion
from crm_api.customers.terms import Category
from crm_api.kit import succession
from crm_api.kit.db import Model, Record
from crm_api.kit.types import RecordId, enum_column

S = MessageState
SENT: Final = frozenset({S.SUBMITTED, S.DELIVERED, S.UNDELIVERED})
LOST: Final = frozenset({S.PREEMPTED, S.COALESCED})
ENDS: Final = frozenset(
    {S.DELIVERED, S.UNDELIVERED, S.REJECTED, S.SUPPRESSED, S.CANCELLED, S.EXPIRED, S.DEAD}
)
# Where a message may go from where it stands. Forward only, but for the ways back to the queue: a
# lapsed lease, a gateway that says for certain that it did not send, and a winner that fell. That
# it was sent after all is a fact, which a late report may tell of a message given up as not sent.
MOVES: Final[dict[MessageState, frozenset[MessageState]]] = {
    S.QUEUED: SENT | LOST | {S.LEASED, S.SUPPRESSED, S.CANCELLED, S.EXPIRED, S.DEAD},
    S.LEASED: SENT | LOST | {S.QUEUED, S.SUBMITTING, S.SUPPRESSED, S.CANCELLED, S.EXPIRED, S.DEAD},
    S.SUBMITTING: SENT | {S.QUEUED, S.REJECTED, S.UNCERTAIN, S.SUPPRESSED, S.EXPIRED, S.DEAD},
    S.SUBMITTED: frozenset({S.DELIVERED, S.UNDELIVERED, S.REJECTED}),
    S.UNCERTAIN: SENT | {S.REJECTED, S.CANCELLED, S.EXPIRED},
    S.UNDELIVERED: frozenset({S.DELIVERED}),
    S.REJECTED: frozenset({S.DELIVERED}),
    S.DELIVERED: frozenset(),
    S.PREEMPTED: SENT | LOST | {S.QUEUED, S.SUPPRESSED, S.CANCELLED, S.EXPIRED},
    S.COALESCED: SENT | LOST | {S.QUEUED, S.SUPPRESSED, S.CANCELLED, S.EXPIRED},
    S.SUPPRESSED: SENT,
    S.CANCELLED: SENT,
    S.EXPIRED: SENT,
    S.DEAD: SENT,
}

# Literal, because SQLite ignores a partial index whose condition is a bound parameter.
IS_QUEUED = sa.text("state = 'queued'")
IS_WAITING = sa.text("state IN ('queued', 'leased')")
LOST_TO_SOMEBODY = sa.text("winner_slot_id IS NOT NULL")
HAS_LOST = sa.text("state IN ('preempted', 'coalesced')")
IS_HANDED_OUT = sa.text("state IN ('leased', 'submitting')")
IS_SENT = sa.text("submitted_at IS NOT NULL")
IS_STUCK = sa.text("state IN ('uncertain', 'dead')")
NEEDS_NO_REASON = (
    "reason <> '' OR state IN ('queued', 'leased', 'submitting', 'submitted', 'delivered')"
)


class CareMessage(Record, Model):
    """One SMS to one customer for one occurrence, with all that became of it.

    The text is final when the row is made: what a manager sees is what the customer gets.
    """

    __tablename__ = "care_messages"
    __table_args__ = (
        sa.CheckConstraint(NEEDS_NO_REASON, name="ends_with_a_reason"),
        sa.Index(
            "ix_care_messages_ready",
            "priority",
            "due_at",
            "id",
            sqlite_where=IS_QUEUED,
            postgresql_where=IS_QUEUED,
        ),
        sa.Index(
            "ix_care_messages_lapsing",
            "lease_expires_at",
            sqlite_where=IS_HANDED_OUT,
            postgresql_where=IS_HANDED_OUT,
        ),
        sa.Index(
            "ix_care_messages_expiring",
            "send_before",
            sqlite_where=IS_WAITING,
            postgresql_where=IS_WAITING,
        ),
        sa.Index(
            "ix_care_messages_lost",
            "send_before",
            sqlite_where=HAS_LOST,
            postgresql_where=HAS_LOST,
        ),
        sa.Index(
            "ix_care_messages_winner",
            "winner_slot_id",
            sqlite_where=LOST_TO_SOMEBODY,
            postgresql_where=LOST_TO_SOMEBODY,
        ),
        sa.Index(
            "ix_care_messages_waiting_number",
            "number",
            sqlite_where=IS_WAITING,
            postgresql_where=IS_WAITING,
        ),
        sa.Index(
            "ix_care_messages_stuck",
            "due_at",
            "id",
            sqlite_where=IS_STUCK,
            postgresql_where=IS_STUCK,
        ),
        sa.Index(None, "customer_id", "due_at"),
        sa.Index(None, "on_day", "due_at", "id"),
        sa.Index(
            "ix_care_messages_sent_number",
            "number",
            "begun_at",
            "id",
            sqlite_where=IS_SENT,
            postgresql_where=IS_SENT,
        ),
    )

    state: Mapped[MessageState] = mapped_column(enum_column(MessageState))
    reason: Mapped[str] = mapped_column(default="")

    customer_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("customers.id"),
        info=succession.MOVES | succession.open_as("planned_care", where=IS_WAITING.text),
    )
    slot_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("contact_slots.id"), unique=True)
    occasion: Mapped[Occasion] = mapped_column(enum_column(Occasion))
    festival_key: Mapped[str | None] = mapped_column(sa.String(64))
    occurrence: Mapped[str] = mapped_column(sa.String(200), unique=True)
    on_day: Mapped[date]
    category: Mapped[Category] = mapped_column(enum_column(Category))
    template_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("care_templates.id"))
    template_version: Mapped[int]

    priority: Mapped[int]  # the class of frequency.md, "Who wins a slot": lower goes first
    due_at: Mapped[datetime]
    send_before: Mapped[datetime]

    number: Mapped[str] = mapped_column(sa.String(20))
    sender: Mapped[str] = mapped_column(sa.String(20))
    text: Mapped[str]
    encoding: Mapped[Encoding] = mapped_column(enum_column(Encoding))
    segments: Mapped[int]
    sent_segments: Mapped[int | None]  # in how many parts it left, where its gateway said so

    winner_slot_id: Mapped[RecordId | None]  # whose contact took its moment, or says it as well
    tried_at: Mapped[datetime | None]  # when it last asked for another moment since it lost

    attempt: Mapped[int] = mapped_column(default=0)  # how often it passed begin
    idle_leases: Mapped[int] = mapped_column(default=0)  # leases since then that led to no begin
    lease_token_hash: Mapped[str | None] = mapped_column(sa.String(64))
    lease_epoch: Mapped[int] = mapped_column(default=0)
    lease_expires_at: Mapped[datetime | None]
    lease_worker: Mapped[str] = mapped_column(sa.String(64), default="")
    gateway_id: Mapped[RecordId | None]  # who leased it; from begin on, the only one to hold it
    provider_id: Mapped[str | None] = mapped_column(sa.String(128))
    begun_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    def become(self, state: MessageState, *, at: datetime, reason: str = "") -> None:
        """Move on to a state, if the message can still get there.

        :raises MessageMovedOn: if it cannot
        """
        if state not in MOVES[self.state]:
            raise MessageMovedOn(state=self.state, wanted=state)
        self.state = state
        self.reason = reason
        if state in ENDS:
            self.ended_at = at
        if state is S.SUBMITTED:
            self.submitted_at = at


class CareMessageEvent(Record, Model):
    """A step that a message took. Append-only; `created_at` is when it was taken.

    A begin is kept by its attempt alone: nothing happens as often.
    """

    __tablename__ = "care_message_events"
    __table_args__ = (sa.Index(None, "message_id", "created_at"),)

    message_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("care_messages.id"))
    state: Mapped[MessageState] = mapped_column(enum_column(MessageState))
    reason: Mapped[str] = mapped_column(default="")
    by_id: Mapped[RecordId | None]  # the member of staff, or the gateway; nobody when time did it
