"""From where on a tier begins."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.customers.terms import Tier
from crm_api.kit.db import Model
from crm_api.kit.types import enum_column


class TierThreshold(Model):
    """Reference data: what a month must bring for a tier. Where a row is missing, the default."""

    __tablename__ = "tier_thresholds"

    tier: Mapped[Tier] = mapped_column(enum_column(Tier), primary_key=True)
    individual_fen: Mapped[int] = mapped_column(sa.BigInteger)
    group_fen: Mapped[int] = mapped_column(sa.BigInteger)
    group_lines: Mapped[int]
