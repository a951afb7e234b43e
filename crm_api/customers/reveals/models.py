"""Who had which number shown, why, and until when."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.customers.terms import RevealField
from crm_api.kit.db import Model, Record
from crm_api.kit.succession import MOVES
from crm_api.kit.types import RecordId, enum_column


class Reveal(Record, Model):
    """Leave to see one masked number for a while. Of the number itself, nothing is kept here."""

    __tablename__ = "customer_reveals"
    __table_args__ = (
        sa.Index(None, "by_id", "created_at"),
        sa.Index(None, "customer_id", "id"),
    )

    customer_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("customers.id"), info=MOVES)
    field: Mapped[RevealField] = mapped_column(enum_column(RevealField))
    phone_id: Mapped[RecordId | None]
    reason: Mapped[str]
    by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
    expires_at: Mapped[datetime]
