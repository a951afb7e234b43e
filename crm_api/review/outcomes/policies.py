"""Which days numbers are asked about, and the pieces that these fall into."""

from __future__ import annotations

from datetime import date, timedelta

from crm_api.kit.errors import Invalid
from crm_api.review.outcomes.terms import Breakdown

USUAL_DAYS = 30
MOST_DAYS = 366


def choose_days(first: date | None, last: date | None, *, today: date) -> tuple[date, date]:
    """Return the days asked about: where only one end is named, thirty of them; at most a year.

    :raises Invalid: if they run backwards, or are too many
    """
    usual = timedelta(days=USUAL_DAYS - 1)
    if last is None:
        last = today if first is None else first + usual
    first = first or last - usual
    if first > last:
        raise Invalid("/to", "The last day comes before the first.")
    if last - first >= timedelta(days=MOST_DAYS):
        raise Invalid("/from", f"Ask about {MOST_DAYS} days at the most.")
    return first, last


def cut(first: date, last: date, period: Breakdown) -> list[tuple[date, date, date]]:
    """Return each day with the first and the last of its piece, as far as both were asked about."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    pieces = [(day, *_piece(day, period)) for day in days]
    return [(day, max(start, first), min(end, last)) for day, start, end in pieces]


def _piece(day: date, period: Breakdown) -> tuple[date, date]:
    if period is Breakdown.WEEK:  # begins on Monday
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    if period is Breakdown.MONTH:
        beginning = day.replace(day=1)
        following = (beginning + timedelta(days=31)).replace(day=1)
        return beginning, following - timedelta(days=1)
    return day, day


def rate(part: int, whole: int) -> float | None:
    """Return a part of a whole; of nothing there is none."""
    return round(part / whole, 4) if whole else None
