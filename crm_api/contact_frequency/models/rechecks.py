"""What is still to be looked at again: runs over all that is planned, and customers who changed."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.kit.db import Model, Record
from crm_api.kit.succession import YIELDS
from crm_api.kit.types import RecordId


class RecheckRun(Record, Model):
    """A run over all plans ahead, under one state of the policies, calendar and regions.

    `stamp` names that state. A run that was cut short goes on behind the place it came to.
    """

    __tablename__ = "recheck_runs"

    stamp: Mapped[str] = mapped_column(sa.String(64))
    place_at: Mapped[datetime | None]
    place_id: Mapped[RecordId | None]
    seen: Mapped[int] = mapped_column(default=0)
    marked: Mapped[int] = mapped_column(default=0)
    cleared: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None]


class CustomerToRecheck(Model):
    """A customer who changed together with too many others to look at their plans at once."""

    __tablename__ = "customers_to_recheck"

    customer_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("customers.id"), primary_key=True, info=YIELDS
    )
    noted_at: Mapped[datetime]
