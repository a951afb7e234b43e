"""Promises, and all that happened to them."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm_api.kit.db import Model, Record, Versioned
from crm_api.kit.succession import MOVES, open_as
from crm_api.kit.types import RecordId, enum_column
from crm_api.visits.errors import AlreadyDone
from crm_api.visits.promises.errors import NotEscalated
from crm_api.visits.promises.terms import PromiseChangeKind

STILL_OPEN = sa.text("kept_at IS NULL AND withdrawn_at IS NULL")


class Promise(Versioned, Model):
    """What we said we would do, by when; in a visit, or on any other occasion."""

    __tablename__ = "promises"
    __table_args__ = (
        sa.Index(None, "customer_id", "due_on", "id"),
        sa.Index(None, "visit_id"),
        sa.Index(
            "ix_promises_open",
            "due_on",
            "id",
            sqlite_where=STILL_OPEN,
            postgresql_where=STILL_OPEN,
        ),
    )

    visit_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("visits.id"))
    # The entry of the history in which it was given, where that was no visit.
    contact_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("contacts.id"))
    customer_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("customers.id"), info=MOVES)
    owner_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("staff.id"), info=MOVES | open_as("open_promises", where=STILL_OPEN.text)
    )
    text: Mapped[str]
    due_on: Mapped[date]
    # What the customer was told first, where it was moved since.
    moved_from_on: Mapped[date | None]
    kept_at: Mapped[datetime | None]
    kept_how: Mapped[str | None]
    kept_contact_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("contacts.id"))
    # Hangs on a visit to the customer. No key: a file goes when the law asks, the promise stays.
    kept_attachment_id: Mapped[RecordId | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_because: Mapped[str | None]
    escalated_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None]

    changes: Mapped[list[PromiseChange]] = relationship(
        lazy="raise_on_sql",
        order_by=lambda: (PromiseChange.created_at, PromiseChange.id),
        cascade="save-update, merge",
    )

    @property
    def is_open(self) -> bool:
        """Whether we still owe it."""
        return self.kept_at is None and self.withdrawn_at is None

    @property
    def evidence(self) -> tuple[str | None, str | None]:
        """What shows that it was kept: a contact, a file."""
        return self.kept_contact_id, self.kept_attachment_id

    def note(
        self,
        kind: PromiseChangeKind,
        *,
        by_id: str | None,
        at: datetime,
        words: str = "",
        before_on: date | None = None,
        after_on: date | None = None,
        is_agreed: bool | None = None,
    ) -> None:
        """Keep what happened to it, and by whom; nobody's hand is the sweep's."""
        self.changes.append(
            PromiseChange(
                kind=kind,
                by_id=by_id,
                created_at=at,
                words=words,
                before_on=before_on,
                after_on=after_on,
                is_agreed=is_agreed,
            )
        )

    def keep(
        self,
        *,
        how: str,
        contact_id: str | None,
        attachment_id: str | None,
        by_id: str,
        at: datetime,
    ) -> None:
        """Note that it was kept, and what shows it; said twice alike, it is said once.

        :raises AlreadyDone: if it was settled in another way
        """
        if self.is_open:
            self.kept_at, self.kept_how = at, how
            self.kept_contact_id, self.kept_attachment_id = contact_id, attachment_id
            self.note(PromiseChangeKind.KEPT, by_id=by_id, at=at, words=how)
        elif (self.kept_how, *self.evidence) != (how, contact_id, attachment_id):
            raise AlreadyDone

    def move(self, *, to: date, because: str, is_agreed: bool, by_id: str, at: datetime) -> None:
        """Promise it for another day; if that is missed too, the manager hears of it anew.

        :raises AlreadyDone: if it is settled
        """
        if not self.is_open:
            raise AlreadyDone
        days = {"before_on": self.due_on, "after_on": to}
        self.moved_from_on = self.moved_from_on or self.due_on
        self.due_on = to
        self.escalated_at = self.answered_at = self.answer = None
        self.note(
            PromiseChangeKind.MOVED, by_id=by_id, at=at, words=because, is_agreed=is_agreed, **days
        )

    def withdraw(self, *, because: str, by_id: str, at: datetime) -> None:
        """Take it back; said twice alike, it is said once.

        :raises AlreadyDone: if it was settled in another way
        """
        if self.is_open:
            self.withdrawn_at, self.withdrawn_because = at, because
            self.note(PromiseChangeKind.WITHDRAWN, by_id=by_id, at=at, words=because)
        elif self.withdrawn_because != because:
            raise AlreadyDone

    def escalate(self, *, at: datetime) -> None:
        """Put it on the managers' list."""
        self.escalated_at = at
        self.note(PromiseChangeKind.ESCALATED, by_id=None, at=at)

    def take_answer(self, answer: str, *, by_id: str, at: datetime) -> None:
        """Note what the manager says to its being late; said twice alike, it is said once.

        :raises NotEscalated: if nobody asked the manager, or it is settled
        :raises AlreadyDone: if another answer was given
        """
        if self.escalated_at is None or not self.is_open:
            raise NotEscalated
        if self.answered_at is None:
            self.answered_at, self.answer = at, answer
            self.note(PromiseChangeKind.ANSWERED, by_id=by_id, at=at, words=answer)
        elif self.answer != answer:
            raise AlreadyDone


class PromiseChange(Record, Model):
    """One thing that happened to a promise, by whom. Triggers refuse to change or delete it.

    Its words alone may be taken out, as the law may ask.
    """

    __tablename__ = "promise_changes"
    __table_args__ = (sa.Index(None, "promise_id", "created_at", "id"),)

    promise_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("promises.id"))
    kind: Mapped[PromiseChangeKind] = mapped_column(enum_column(PromiseChangeKind))
    by_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("staff.id"))
    before_on: Mapped[date | None]
    after_on: Mapped[date | None]
    is_agreed: Mapped[bool | None]
    words: Mapped[str]
