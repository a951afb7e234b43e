"""Where far more people than chance allows were born on New Year's Day."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.kit.db import Model

ALL_OTHERS = ""  # the teams that are no masses by themselves, taken together


class BirthdayCheck(Model):
    """How the birthdays of a team stood when they were counted last.

    Kept, because a million birthdays are not counted for each few hundred that are planned.
    """

    __tablename__ = "birthday_checks"

    team_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    birthdays: Mapped[int]
    on_new_years_day: Mapped[int]
    is_mass: Mapped[bool]
    checked_at: Mapped[datetime]
