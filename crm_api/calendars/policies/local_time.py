"""Where a local day lies in time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


def local_day(moment: datetime, *, zone: ZoneInfo) -> date:
    """Return the calendar day of a moment."""
    return moment.astimezone(zone).date()


def day_bounds(day: date, *, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return a day's first moment and the next day's, in UTC: 23, 24 or 25 hours apart."""
    return _start(day, zone), _start(day + timedelta(days=1), zone)


def _start(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
