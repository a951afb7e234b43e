"""Count birthdays, so that masses on 1 January are known before anybody is greeted on it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api import config
from crm_api.care.doubts import queries
from crm_api.care.doubts.models import ALL_OTHERS, BirthdayCheck
from crm_api.care.doubts.policies import is_mass
from crm_api.kit.db import db
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from datetime import date, datetime


def check_ahead(first: date, *, days: int, now: datetime) -> None:
    """Count birthdays if 1 January is among these days: a late import is seen in time."""
    wanted = (first + timedelta(days=n) for n in range(days))
    if any((day.month, day.day) == (1, 1) for day in wanted):
        check_birthdays(now=now)


def check_birthdays(*, now: datetime) -> list[str]:
    """Find the teams whose birthdays are a mass on 1 January; return their ids.

    Each team is judged by itself, and then all the others together: many small teams may show
    what none of them shows alone, and one team's careless import says nothing of the rest.
    """
    rows = [
        _judged(team_id, birthdays, on_new_years_day, now=now)
        for team_id, birthdays, on_new_years_day in queries.birthdays_by_team()
    ]
    others = [row for row in rows if not row["is_mass"]]
    birthdays = sum(row["birthdays"] for row in others)
    on_new_years_day = sum(row["on_new_years_day"] for row in others)
    rows.append(_judged(ALL_OTHERS, birthdays, on_new_years_day, now=now))
    _keep(sorted(rows, key=lambda row: str(row["team_id"])), now=now)
    return [row["team_id"] for row in rows if row["is_mass"]]


def _judged(
    team_id: str, birthdays: int, on_new_years_day: int, *, now: datetime
) -> dict[str, Any]:
    believed = config.current().new_year_birthdays_believed
    return {
        "team_id": team_id,
        "birthdays": birthdays,
        "on_new_years_day": on_new_years_day,
        "is_mass": is_mass(birthdays, on_new_years_day=on_new_years_day, believed=believed),
        "checked_at": now,
    }


def _keep(rows: list[dict[str, Any]], *, now: datetime) -> None:
    table = BirthdayCheck.__table__
    statement = insert(table)
    counted = {c.name: statement.excluded[c.name] for c in table.c if not c.primary_key}
    db.session.execute(
        statement.on_conflict_do_update(index_elements=["team_id"], set_=counted), rows
    )
    gone = sa.delete(BirthdayCheck).where(BirthdayCheck.checked_at < now)
    db.session.execute(gone.execution_options(synchronize_session=False))
