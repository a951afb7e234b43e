"""Which greetings a customer wants."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.calendars.terms import Calendar
from crm_api.care.terms import BirthdayCalendar, Occasion
from crm_api.kit.db import Model, Versioned
from crm_api.kit.succession import BY_RULE
from crm_api.kit.types import RecordId, enum_column

BY_WISH = sa.text("birthday_on_calendar IS NOT NULL")


class GreetingPreferences(Versioned, Model):
    """What a customer wants to be greeted for. Has the customer's own id; none: everything.

    A column for each occasion, so that the planner finds it by one look at one row.
    """

    __tablename__ = "greeting_preferences"
    __table_args__ = (
        sa.Index(
            "ix_greeting_preferences_birthday",
            "birthday_on_calendar",
            "birthday_month",
            "birthday_day",
            sqlite_where=BY_WISH,
            postgresql_where=BY_WISH,
        ),
    )

    id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("customers.id"), primary_key=True, info=BY_RULE
    )
    wants_birthday: Mapped[bool] = mapped_column(default=True)
    wants_anniversary: Mapped[bool] = mapped_column(default=True)
    wants_joining: Mapped[bool] = mapped_column(default=True)
    wants_festival: Mapped[bool] = mapped_column(default=True)
    wants_promotion: Mapped[bool] = mapped_column(default=True)
    wants_life_event: Mapped[bool] = mapped_column(default=True)
    wants_tier_change: Mapped[bool] = mapped_column(default=True)
    birthday_calendar: Mapped[BirthdayCalendar] = mapped_column(
        enum_column(BirthdayCalendar), default=BirthdayCalendar.AS_STATED
    )
    # The birthday in the calendar that is wished for, where that is not the one it is kept in.
    birthday_on_calendar: Mapped[Calendar | None] = mapped_column(enum_column(Calendar))
    birthday_month: Mapped[int | None]
    birthday_day: Mapped[int | None]

    @property
    def occasions(self) -> list[Occasion]:
        """What the customer wants to be greeted for."""
        return [occasion for occasion in Occasion if getattr(self, f"wants_{occasion}")]

    @occasions.setter
    def occasions(self, wanted: list[Occasion]) -> None:
        for occasion in Occasion:
            setattr(self, f"wants_{occasion}", occasion in wanted)
