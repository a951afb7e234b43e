"""What the organisation adds to the calendar: festivals, and the year's make-up workdays."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.calendars.terms import DateRule, Tone
from crm_api.kit.db import Model
from crm_api.kit.types import enum_column


class Festival(Model):
    """A festival of the organisation's own, or its own view of a standard one (same key)."""

    __tablename__ = "festivals"
    __table_args__ = (
        sa.CheckConstraint(
            "(term IS NULL) = (month IS NOT NULL AND day IS NOT NULL)", name="one_date"
        ),
    )

    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str]
    rule: Mapped[DateRule] = mapped_column(enum_column(DateRule))
    month: Mapped[int | None]
    day: Mapped[int | None]
    term: Mapped[str | None]
    tone: Mapped[Tone] = mapped_column(enum_column(Tone))
    rank: Mapped[int]


class Arrangement(Model):
    """The State Council's notice on the days off and make-up workdays of a year."""

    __tablename__ = "arrangements"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[str]
    loaded_at: Mapped[datetime]


class ArrangedDay(Model):
    """A day that the notice names: off although a weekday, or worked although a weekend."""

    __tablename__ = "arranged_days"

    year: Mapped[int] = mapped_column(
        ForeignKey("arrangements.year", ondelete="CASCADE"), primary_key=True
    )
    on: Mapped[date] = mapped_column(primary_key=True, index=True)
    is_workday: Mapped[bool]
    name: Mapped[str]
