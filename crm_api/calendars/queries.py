"""Reads the organisation's part of the calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.calendars.models import ArrangedDay, Arrangement, Festival
from crm_api.calendars.policies.festivals import STANDARD, FestivalRule
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

COLUMNS = ("key", "name", "name_en", "rule", "month", "day", "term", "tone", "rank")


def festival_rules() -> list[FestivalRule]:
    """Return the festivals in force by rank: the standard ones, a stored row before its like."""
    own = db.session.execute(sa.select(Festival.__table__)).mappings()
    rules = {rule.key: rule for rule in STANDARD}
    rules |= {row["key"]: FestivalRule(**{c: row[c] for c in COLUMNS}) for row in own}
    return sorted(rules.values(), key=lambda rule: (rule.rank, rule.key))


def find_arrangement(year: int) -> Arrangement | None:
    """Return the notice that was loaded for a year, if one was."""
    return db.session.get(Arrangement, year)


def arranged_days(year: int) -> Sequence[ArrangedDay]:
    """Return the days that a year's notice names."""
    own = sa.select(ArrangedDay).where(ArrangedDay.year == year).order_by(ArrangedDay.on)
    return db.session.execute(own).scalars().all()


def arrangements_between(start: date, end: date) -> tuple[dict[date, bool], frozenset[int]]:
    """Return the arranged days from `start` to `end`, worked or not, and the years with a notice.

    Where two years' notices name one day, the later notice counts.
    """
    years = sa.select(Arrangement.year).where(Arrangement.year.between(start.year, end.year))
    days = (
        sa.select(ArrangedDay.on, ArrangedDay.is_workday)
        .where(ArrangedDay.on.between(start, end))
        .order_by(ArrangedDay.year)
    )
    named = {row.on: row.is_workday for row in db.session.execute(days)}
    return named, frozenset(db.session.execute(years).scalars())
