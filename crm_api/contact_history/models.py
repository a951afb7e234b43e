"""The history of a customer's contacts: entries, their text, and where each chain ends."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, query_expression, relationship, remote

from crm_api.accounts.models import Staff
from crm_api.contact_history.cadences.models import ContactCadence
from crm_api.contact_history.errors import AlreadyDecided
from crm_api.contact_history.terms import (
    Direction,
    EntryKind,
    Outcome,
    Purpose,
    WithdrawalStatus,
)
from crm_api.customers.models import Customer
from crm_api.customers.terms import Category, Channel
from crm_api.kit.db import Model, Versioned
from crm_api.kit.ids import new_id
from crm_api.kit.succession import BY_RULE, MOVES, STAYS
from crm_api.kit.types import RecordId, enum_column

__all__ = ["Contact", "ContactCadence", "ContactText", "History", "Withdrawal"]

IS_OPEN = sa.text("status = 'requested'")


def _rare(flag: str) -> Index:
    """Index the few entries that carry a flag, each condition as its engine's queries have it."""
    return Index(
        f"ix_contacts_{flag}",
        "occurred_at",
        "id",
        postgresql_where=sa.text(flag),
        sqlite_where=sa.text(f"{flag} = 1"),
    )


class Contact(Model):
    """One entry of a customer's history. Triggers refuse to change or delete it.

    What people wrote stands in `ContactText`, so that it may be erased by law; the digest here
    covers the text's own digest only, and the chain verifies without it.
    """

    __tablename__ = "contacts"
    __table_args__ = (
        UniqueConstraint("customer_id", "seq"),
        UniqueConstraint("customer_id", "source"),
        Index(None, "customer_id", "occurred_at", "id"),
        Index(None, "by_id", "occurred_at", "id"),
        Index(None, "occurred_at", "id"),
        Index(None, "slot_id"),
        Index(None, "channel", "occurred_at", "id"),
        Index(None, "category", "occurred_at", "id"),
        Index(None, "outcome", "occurred_at", "id"),
        _rare("is_late"),
        _rare("has_overrun"),
    )

    id: Mapped[RecordId] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[RecordId] = mapped_column(ForeignKey("customers.id"), info=STAYS)
    seq: Mapped[int]
    kind: Mapped[EntryKind] = mapped_column(enum_column(EntryKind))
    corrects_id: Mapped[RecordId | None] = mapped_column(ForeignKey("contacts.id"), unique=True)
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    direction: Mapped[Direction] = mapped_column(enum_column(Direction))
    category: Mapped[Category] = mapped_column(enum_column(Category))
    purpose: Mapped[Purpose] = mapped_column(enum_column(Purpose))
    outcome: Mapped[Outcome] = mapped_column(enum_column(Outcome))
    is_begun_by_customer: Mapped[bool]
    is_late: Mapped[bool]
    has_overrun: Mapped[bool]
    by_id: Mapped[RecordId | None] = mapped_column(ForeignKey("staff.id"))
    source: Mapped[str | None] = mapped_column(sa.String(100))
    visit_id: Mapped[RecordId | None]
    slot_id: Mapped[RecordId | None]
    text_digest: Mapped[str] = mapped_column(sa.String(64))
    previous_digest: Mapped[str] = mapped_column(sa.String(64))
    digest: Mapped[str] = mapped_column(sa.String(64))

    text: Mapped[ContactText] = relationship(lazy="raise_on_sql")
    # What a list shows of the customer's name: only filled in where it is asked for.
    customer_name: Mapped[str | None] = query_expression()
    author: Mapped[Staff | None] = relationship(lazy="raise_on_sql", viewonly=True)
    customer: Mapped[Customer] = relationship(lazy="raise_on_sql", viewonly=True)
    replacement: Mapped[Contact | None] = relationship(
        lazy="raise_on_sql",
        viewonly=True,
        uselist=False,
        primaryjoin=lambda: Contact.id == foreign(remote(Contact.corrects_id)),
    )

    @property
    def replaced_by_id(self) -> str | None:
        """The entry that tells how it really was, if one does."""
        return self.replacement.id if self.replacement else None

    @property
    def is_withdrawn(self) -> bool:
        """Whether a manager agreed that it never happened."""
        return self.replacement is not None and self.replacement.kind is EntryKind.WITHDRAWAL

    @property
    def by_name(self) -> str | None:
        """The name of whoever recorded it."""
        return self.author.name if self.author else None

    @property
    def is_text_erased(self) -> bool:
        """Whether its text was erased by law."""
        return self.text.erased_at is not None


class ContactText(Model):
    """What people wrote of a contact. The salt keeps an erased text from being guessed."""

    __tablename__ = "contact_texts"

    contact_id: Mapped[RecordId] = mapped_column(ForeignKey("contacts.id"), primary_key=True)
    summary: Mapped[str]
    with_whom: Mapped[str]
    reason: Mapped[str]
    salt: Mapped[str] = mapped_column(sa.String(32))
    erased_at: Mapped[datetime | None]


class History(Model):
    """Where a customer's chain ends, and the four facts that everybody asks for.

    One row, because whoever appends needs all of it under one lock.
    """

    __tablename__ = "contact_histories"

    customer_id: Mapped[RecordId] = mapped_column(
        ForeignKey("customers.id"), primary_key=True, info=BY_RULE
    )
    length: Mapped[int]
    head_digest: Mapped[str] = mapped_column(sa.String(64))
    last_attempt_at: Mapped[datetime | None]
    last_two_way_at: Mapped[datetime | None]
    last_begun_by_customer_at: Mapped[datetime | None]
    last_visit_at: Mapped[datetime | None]


class Withdrawal(Versioned, Model):
    """A request to say of an entry that it never happened; a manager decides."""

    __tablename__ = "contact_withdrawals"
    __table_args__ = (
        Index(
            "uq_contact_withdrawals_open",
            "contact_id",
            unique=True,
            postgresql_where=IS_OPEN,
            sqlite_where=IS_OPEN,
        ),
        Index(None, "status", "created_at", "id"),
    )

    contact_id: Mapped[RecordId] = mapped_column(ForeignKey("contacts.id"), index=True)
    customer_id: Mapped[RecordId] = mapped_column(ForeignKey("customers.id"), info=MOVES)
    reason: Mapped[str]
    requested_by_id: Mapped[RecordId] = mapped_column(ForeignKey("staff.id"))
    status: Mapped[WithdrawalStatus] = mapped_column(
        enum_column(WithdrawalStatus), default=WithdrawalStatus.REQUESTED
    )
    decided_by_id: Mapped[RecordId | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")

    def require_open(self) -> None:
        """Make sure that nobody decided yet.

        :raises AlreadyDecided: if somebody did
        """
        if self.status is not WithdrawalStatus.REQUESTED:
            raise AlreadyDecided(status=self.status)

    def decide(self, status: WithdrawalStatus, *, by_id: str, at: datetime, note: str) -> None:
        """Settle the request, once."""
        self.require_open()
        self.status = status
        self.decided_by_id = by_id
        self.decided_at = at
        self.note = note
