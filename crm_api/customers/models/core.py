"""The core profile (核心信息): who the customer is, and to whom the customer belongs."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api import config
from crm_api.customers.terms import DocumentType, Gender, Kind, Status, Tier
from crm_api.kit.crypto import EncryptedText
from crm_api.kit.db import Model, Record, Versioned
from crm_api.kit.succession import BY_RULE, MOVES
from crm_api.kit.types import RecordId, enum_column

# Compared byte by byte on both engines, so that a range over a prefix is a range of the index.
BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

# Literal, because SQLite ignores a partial index whose condition is a bound parameter.
IS_BORN = sa.text("birth_on IS NOT NULL")
IS_MERGED = sa.text("merged_into_id IS NOT NULL")


class Customer(Versioned, Model):
    """Somebody whom the operator serves: an individual, or a group (集团)."""

    __tablename__ = "customers"
    __table_args__ = (
        sa.Index("ix_customers_owner_id_id", "owner_id", "id"),
        sa.Index("ix_customers_team_id_id", "team_id", "id"),
        sa.Index("ix_customers_joined_on_id", "joined_on", "id"),
        sa.Index(
            "ix_customers_name_birth_on",
            "name",
            "birth_on",
            sqlite_where=IS_BORN,
            postgresql_where=IS_BORN,
        ),
        sa.Index(
            "ix_customers_merged_into_id",
            "merged_into_id",
            sqlite_where=IS_MERGED,
            postgresql_where=IS_MERGED,
        ),
    )

    kind: Mapped[Kind] = mapped_column(enum_column(Kind), default=Kind.INDIVIDUAL)
    name: Mapped[str]
    name_pinyin: Mapped[str] = mapped_column(default="")
    name_initials: Mapped[str] = mapped_column(default="")
    gender: Mapped[Gender] = mapped_column(enum_column(Gender), default=Gender.UNKNOWN)
    birth_on: Mapped[date | None]
    has_guardian_consent: Mapped[bool] = mapped_column(default=False)
    document_type: Mapped[DocumentType | None] = mapped_column(enum_column(DocumentType))
    document_number: Mapped[str | None] = mapped_column(
        EncryptedText(lambda: config.current().data_keys, purpose="customers.document_number")
    )
    document_index: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    phone: Mapped[str | None] = mapped_column(sa.String(20), index=True)
    joined_on: Mapped[date | None]
    status: Mapped[Status] = mapped_column(enum_column(Status), default=Status.ACTIVE)
    account_no: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    plan_name: Mapped[str] = mapped_column(default="")
    plan_monthly_fen: Mapped[int | None] = mapped_column(sa.BigInteger)
    contract_end_on: Mapped[date | None]
    balance_fen: Mapped[int | None] = mapped_column(sa.BigInteger)
    team_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("teams.id"))
    owner_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("staff.id"), info=BY_RULE)
    tier: Mapped[Tier] = mapped_column(enum_column(Tier), default=Tier.STANDARD)
    # What the customer's own spending earned; `tier` may follow a group instead.
    own_tier: Mapped[Tier] = mapped_column(enum_column(Tier), default=Tier.STANDARD)
    # Shared by all customers that are one person; null for who stands alone.
    person_id: Mapped[RecordId | None] = mapped_column(index=True)
    # With whom the record goes on that turned out to be the same; never one that was merged itself.
    merged_into_id: Mapped[RecordId | None] = mapped_column(info=MOVES)
    # Of what the creating request said, so that a repeat is known for one even after changes.
    # When the law had it forgotten: of whom it was, nothing is left but what happened.
    erased_at: Mapped[datetime | None]
    content_digest: Mapped[str | None] = mapped_column(sa.String(64))


class Phone(Record, Model):
    """One of a customer's numbers."""

    __tablename__ = "customer_phones"
    __table_args__ = (
        sa.UniqueConstraint("customer_id", "number"),
        sa.Index("ix_customer_phones_suffix", "suffix", "customer_id"),
    )

    customer_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("customers.id"), info=BY_RULE)
    number: Mapped[str] = mapped_column(sa.String(20), index=True)
    # The number backwards: whoever knows its last digits knows how this begins.
    suffix: Mapped[str] = mapped_column(BYTEWISE)
    label: Mapped[str] = mapped_column(default="")
    is_primary: Mapped[bool] = mapped_column(default=False)
