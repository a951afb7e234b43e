"""Compose what the new owner should know of each customer."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from crm_api.calendars import service as calendars
from crm_api.customers.policies.masking import mask_phone
from crm_api.kit.paging import Page
from crm_api.preparation.briefs.policies.telling import DATES_AHEAD
from crm_api.preparation.handovers import queries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from crm_api.accounts.actors import Actor

MOST = 10  # of each kind, for each customer: the rest is a call away
TOLD = ("communication_style", "preferred_channel", "remarks", "small_requests", "traits")
EMPTY: dict[str, Any] = {
    "communication_style": None,
    "preferred_channel": None,
    "remarks": "",
    "small_requests": [],
    "traits": [],
}
LISTED = {
    "open_visits": ("id", "starts_at", "ends_at", "place", "purpose", "status"),
    "open_promises": ("id", "text", "due_on"),
    "open_follow_ups": ("id", "text", "due_on", "channel", "contact_at"),
    "wishes": ("channels", "categories", "quiet_from", "quiet_until", "ends_on", "note"),
    "planned_care": ("id", "occasion", "on_day"),
}


def brief_on(handover_id: str, *, visible_to: Actor, now: datetime, **wanted: Any) -> Page:
    """Return, customer by customer, what the new owner should know.

    :raises NotFound: if there is no such handover, or none that the actor may see
    """
    found = queries.list_handed(handover_id, visible_to=visible_to, **wanted)
    today = calendars.local_day(now)
    ids = [row.customer_id for row in found.items]
    profiles, facts = queries.profiles(ids), queries.facts(ids)
    known = {
        "open_visits": queries.open_visits(ids),
        "open_promises": queries.open_promises(ids),
        "open_follow_ups": queries.open_follow_ups(ids),
        "wishes": queries.wishes_in_force(ids, on=today),
        "planned_care": queries.planned_care(ids),
    }
    days = queries.anniversaries(ids)
    items = [
        {
            **row._mapping,  # noqa: SLF001 - its public name
            "phone": mask_phone(row.phone),
            **_told(profiles.get(row.customer_id)),
            **_last(facts.get(row.customer_id)),
            **_listed(known, row.customer_id),
            "coming_dates": _coming(days.get(row.customer_id, ()), today=today),
        }
        for row in found.items
    ]
    return Page(items, found.next_cursor)


def _told(profile: Any) -> dict[str, Any]:
    return {name: getattr(profile, name, EMPTY[name]) for name in TOLD}


def _last(facts: Any) -> dict[str, Any]:
    names = ("last_two_way_at", "last_visit_at")
    return {name: getattr(facts, name, None) for name in names}


def _listed(known: Mapping[str, Mapping[str, list[Any]]], customer_id: str) -> dict[str, Any]:
    return {
        kind: [
            {name: getattr(row, name) for name in names}
            for row in known[kind].get(customer_id, ())[:MOST]
        ]
        for kind, names in LISTED.items()
    }


def _coming(days: Sequence[Any], *, today: date) -> list[dict[str, Any]]:
    found = [
        {"on": occurrence.on, "kind": day.kind, "label": day.label}
        for day in days
        for occurrence in calendars.occurrences(
            day.calendar,
            month=day.month,
            day=day.day,
            is_leap_month=day.is_leap_month,
            start=today,
            end=today + DATES_AHEAD,
        )
    ]
    return sorted(found, key=itemgetter("on", "kind", "label"))[:MOST]
