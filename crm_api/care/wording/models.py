"""Words that nobody writes, and people for whom there were no words."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.care.terms import Occasion
from crm_api.customers.terms import CommunicationStyle, Tier
from crm_api.kit.db import Model, Record
from crm_api.kit.types import RecordId, enum_column


class ForbiddenWord(Record, Model):
    """What no template may say. `folded` is what is compared: one way of writing for many."""

    __tablename__ = "forbidden_words"

    word: Mapped[str] = mapped_column(sa.String(40))
    folded: Mapped[str] = mapped_column(sa.String(80), unique=True)
    reason: Mapped[str]
    added_by_id: Mapped[RecordId]


class Shortage(Model):
    """Somebody to whom nothing fresh could be said when last planned.

    It goes once words are found. Whoever got a message since needs none.
    """

    __tablename__ = "care_shortages"
    __table_args__ = (sa.Index(None, "on_day", "occasion", "festival_key"),)

    occurrence: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    customer_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    occasion: Mapped[Occasion] = mapped_column(enum_column(Occasion))
    festival_key: Mapped[str | None] = mapped_column(sa.String(64))
    on_day: Mapped[date]
    tier: Mapped[Tier] = mapped_column(enum_column(Tier))
    style: Mapped[CommunicationStyle | None] = mapped_column(enum_column(CommunicationStyle))
    seen_at: Mapped[datetime]
