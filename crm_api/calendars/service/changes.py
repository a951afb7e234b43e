"""What an administrator may change of the calendar."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.audit import service as audit
from crm_api.calendars import queries
from crm_api.calendars.models import ArrangedDay, Arrangement, Festival
from crm_api.calendars.service.facts import get_arrangement
from crm_api.kit.db import db
from crm_api.kit.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from crm_api.calendars.policies.festivals import FestivalRule
    from crm_api.calendars.values import KnownArrangement


def set_arrangement(
    year: int,
    *,
    source: str,
    days: Sequence[Mapping[str, Any]],
    by_id: str | None,
    now: datetime,
) -> KnownArrangement:
    """Make this notice the year's arrangement, in the place of what was loaded before.

    :raises Invalid: if a day is named twice, or lies outside the year and the December before it
    """
    _check_days(year, [day["on"] for day in days])
    db.session.execute(sa.delete(ArrangedDay).where(ArrangedDay.year == year))
    db.session.merge(Arrangement(year=year, source=source, loaded_at=now))
    db.session.flush()
    if days:
        db.session.execute(sa.insert(ArrangedDay), [{"year": year, **day} for day in days])
    audit.record(
        "set_arrangement",
        by_id=by_id,
        at=now,
        subject_kind="arrangement",
        subject_id=str(year),
        details={"source": source, "days": len(days)},
    )
    return get_arrangement(year)


def _check_days(year: int, days: Sequence[date]) -> None:
    # A notice for January may make the last days of December before it workdays.
    first, last = date(year - 1, 12, 1), date(year, 12, 31)
    for n, day in enumerate(days):
        if not first <= day <= last:
            raise Invalid(f"/days/{n}/on", f"The notice for {year} cannot name this day.")
        if day in days[:n]:
            raise Invalid(f"/days/{n}/on", "This day is named twice.")


def keep_festivals(rules: Iterable[FestivalRule]) -> int:
    """Store festivals of the organisation's own, or its view of standard ones; return how many."""
    rows = [Festival(**{c: getattr(rule, c) for c in queries.COLUMNS}) for rule in rules]
    for row in rows:
        db.session.merge(row)
    return len(rows)
