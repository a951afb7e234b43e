"""The extended profile (扩展信息): what makes the customer a person."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.calendars.terms import Calendar
from crm_api.customers.terms import (
    AnniversaryKind,
    Channel,
    CommunicationStyle,
    LifeEventKind,
)
from crm_api.kit.db import Model, Record, Versioned
from crm_api.kit.succession import BY_RULE, MOVES
from crm_api.kit.types import Json, RecordId, enum_column


class ExtendedProfile(Versioned, Model):
    """What is known of a customer beyond the account. Has the customer's own id."""

    __tablename__ = "extended_profiles"

    id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("customers.id"), primary_key=True, info=BY_RULE
    )
    interests: Mapped[list[str]] = mapped_column(Json, default=list)
    traits: Mapped[list[str]] = mapped_column(Json, default=list)
    small_requests: Mapped[list[str]] = mapped_column(Json, default=list)
    remarks: Mapped[str] = mapped_column(default="")
    communication_style: Mapped[CommunicationStyle | None] = mapped_column(
        enum_column(CommunicationStyle)
    )
    preferred_channel: Mapped[Channel | None] = mapped_column(enum_column(Channel))
    preferred_from: Mapped[time | None]
    preferred_until: Mapped[time | None]
    employer: Mapped[str] = mapped_column(default="")
    title: Mapped[str] = mapped_column(default="")


class Anniversary(Versioned, Model):
    """A day of the year that matters to a customer, by the sun or by the moon."""

    __tablename__ = "anniversaries"
    __table_args__ = (
        # With the id, so that a day that very many keep is read page by page, not sorted for each.
        sa.Index("ix_anniversaries_calendar_month_day_id", "calendar", "month", "day", "id"),
        sa.Index(
            "uq_anniversaries_birthday",
            "customer_id",
            unique=True,
            sqlite_where=sa.text("kind = 'birthday'"),
            postgresql_where=sa.text("kind = 'birthday'"),
        ),
        sa.CheckConstraint("month BETWEEN 1 AND 12", name="month"),
        sa.CheckConstraint("day BETWEEN 1 AND 31", name="day"),
    )

    customer_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("customers.id"), index=True, info=BY_RULE
    )
    kind: Mapped[AnniversaryKind] = mapped_column(enum_column(AnniversaryKind))
    label: Mapped[str] = mapped_column(default="")
    calendar: Mapped[Calendar] = mapped_column(enum_column(Calendar), default=Calendar.SOLAR)
    year: Mapped[int | None]
    month: Mapped[int]
    day: Mapped[int]
    is_leap_month: Mapped[bool] = mapped_column(default=False)
    is_greeted: Mapped[bool] = mapped_column(default=True)
    # The customer said so; a birthday that nobody stated follows `birth_on`.
    is_stated: Mapped[bool] = mapped_column(default=True)
    # Somebody asked: this date is right, however unlikely it looks.
    confirmed_at: Mapped[datetime | None]
    confirmed_by_id: Mapped[RecordId | None]

    def fall_on(self, **parts: Any) -> None:
        """Set the date. What was confirmed of another one says nothing of it."""
        if any(getattr(self, name) != value for name, value in parts.items()):
            self.confirmed_at = self.confirmed_by_id = None
        for name, value in parts.items():
            setattr(self, name, value)

    def confirm(self, *, by_id: str, at: datetime) -> None:
        """Note that somebody asked. Who did first stays on record."""
        if self.confirmed_at is None:
            self.confirmed_at, self.confirmed_by_id = at, by_id


class LifeEvent(Versioned, Model):
    """What happened to a customer once, or soon will: a promotion, a new home, a child born."""

    __tablename__ = "life_events"
    __table_args__ = (
        sa.Index("ix_life_events_customer_id_id", "customer_id", "id"),
        sa.Index("ix_life_events_happened_on", "happened_on"),
    )

    customer_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("customers.id"), info=MOVES)
    kind: Mapped[LifeEventKind] = mapped_column(enum_column(LifeEventKind))
    label: Mapped[str] = mapped_column(default="")
    happened_on: Mapped[date]
    is_greeted: Mapped[bool] = mapped_column(default=True)
    noted_on: Mapped[date]  # the local day on which we learnt of it
    by_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("staff.id"))
    visit_id: Mapped[RecordId | None]  # in which visit, where it was in one


class DoNotDisturbWish(Record, Model):
    """A wish not to be contacted (免打扰). Lifted, never deleted: decisions refer to it."""

    __tablename__ = "do_not_disturb_wishes"

    customer_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("customers.id"), index=True, info=MOVES
    )
    channels: Mapped[list[str] | None] = mapped_column(Json)
    categories: Mapped[list[str] | None] = mapped_column(Json)
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]
    ends_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(default="")
    by_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("staff.id"))
    lifted_at: Mapped[datetime | None]
    lifted_by_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("staff.id"))

    def lift(self, *, by_id: str, at: datetime) -> None:
        """Let the wish end now. Who lifted it first stays on record."""
        if self.lifted_at is None:
            self.lifted_at, self.lifted_by_id = at, by_id
