"""What a customer was before: append-only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.customers.terms import Aspect
from crm_api.kit.db import Model, Record
from crm_api.kit.succession import STAYS
from crm_api.kit.types import Json, RecordId, enum_column

# Literal, because SQLite ignores a partial index whose condition is a bound parameter.
OF_TIER = sa.text("aspect = 'tier'")


class CustomerChange(Record, Model):
    """One change of status, tier, plan or ownership. The database refuses to edit it."""

    __tablename__ = "customer_changes"
    __table_args__ = (
        sa.Index("ix_customer_changes_customer_id_id", "customer_id", "id"),
        sa.Index(
            "ix_customer_changes_of_tier",
            "changed_at",
            "id",
            sqlite_where=OF_TIER,
            postgresql_where=OF_TIER,
        ),
    )

    customer_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("customers.id"), info=STAYS)
    aspect: Mapped[Aspect] = mapped_column(enum_column(Aspect))
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    after: Mapped[dict[str, Any]] = mapped_column(Json)
    reason: Mapped[str] = mapped_column(default="")
    changed_at: Mapped[datetime]
    by_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("staff.id"))
