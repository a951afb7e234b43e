"""Visits as calendars read them (RFC 5545). Plain values in, text out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from icalendar import Calendar, Event, vText

from crm_api.customers.policies.masking import MASK
from crm_api.visits.calendar.terms import Shown
from crm_api.visits.terms import VisitStatus

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

PRODUCT = "-//crm-api//visits//EN"
VISIT = "走访"
STATUSES = {
    VisitStatus.PLANNED: "TENTATIVE",
    VisitStatus.CANCELLED: "CANCELLED",
    VisitStatus.MISSED: "CANCELLED",
}
HOURLY = "PT1H"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a calendar is told of one visit, and no more."""

    id: str
    version: int
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    status: VisitStatus
    summary: str
    place: str | None


def summary_of(name: str, *, shows: Shown | None) -> str:
    """Return a visit's title: in a feed, which leaves the house, without whose visit it is.

    One file that somebody takes out on purpose (`shows` is null) names the customer.
    """
    if shows is None:
        return f"{VISIT} {name}"
    return f"{VISIT} {name[:1]}{MASK}" if shows is Shown.PLACES else VISIT


def write_calendar(entries: Iterable[Entry], *, name: str | None = None) -> bytes:
    """Return a calendar file. The same visits give the same bytes."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    if name is not None:
        calendar.add("x-wr-calname", vText(name))  # else not known to be text, and not escaped
        calendar.add("x-published-ttl", HOURLY)
    for entry in entries:
        calendar.add_component(_event(entry))
    content: bytes = calendar.to_ical()
    return content


def _event(entry: Entry) -> Event:
    event = Event()
    event.add("uid", f"{entry.id}@visits.crm-api")
    event.add("sequence", entry.version)
    event.add("dtstamp", entry.changed_at)
    event.add("dtstart", entry.starts_at)
    event.add("dtend", entry.ends_at)
    event.add("summary", entry.summary)
    event.add("status", STATUSES.get(entry.status, "CONFIRMED"))
    event.add("class", "PRIVATE")
    if entry.place is not None:
        event.add("location", entry.place)
    return event
