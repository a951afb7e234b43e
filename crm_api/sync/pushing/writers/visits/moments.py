"""When a phone says that something happened."""

from __future__ import annotations

from datetime import datetime


def fact(told: str | None, *, now: datetime) -> datetime:
    """Return when it happened: not later than now, whatever is left of the clock's fault."""
    return now if told is None else min(datetime.fromisoformat(told), now)
