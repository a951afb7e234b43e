"""The rhythm in which customers are kept in touch with."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.customers.terms import Tier
from crm_api.kit.db import Model
from crm_api.kit.types import enum_column


class ContactCadence(Model):
    """Reference data: days between two-way contacts. Where a row is missing, the default."""

    __tablename__ = "contact_cadences"
    __table_args__ = (
        sa.CheckConstraint(
            "min_days >= 0 AND min_days < target_days AND target_days < max_days", name="in_order"
        ),
    )

    tier: Mapped[Tier] = mapped_column(enum_column(Tier), primary_key=True)
    min_days: Mapped[int]
    target_days: Mapped[int]
    max_days: Mapped[int]
    version: Mapped[int]
