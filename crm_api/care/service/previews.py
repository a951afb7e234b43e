"""Tell who is due on a day, before anything goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.calendars import service as calendars
from crm_api.care import queries
from crm_api.care.service.causes import causes_of
from crm_api.care.values import DayPreview, OccasionPreview

if TYPE_CHECKING:
    from datetime import date, datetime

    from crm_api.accounts.actors import Actor
    from crm_api.care.values import Cause


def preview_day(day: date, *, visible_to: Actor, now: datetime) -> DayPreview:
    """Return who is due on a day, counted by occasion, by what was planned and what stands against.

    `open` are those whom nothing known here stops: the governor has the last word on each.

    :raises DayOutOfRange: if the calendar does not reach the day
    """
    found: dict[tuple[str, str | None], OccasionPreview] = {}
    for cause in causes_of(day, now=now):
        key = (cause.occasion, cause.festival_key)
        occasion = found.setdefault(
            key,
            OccasionPreview(
                occasion=cause.occasion,
                festival_key=cause.festival_key,
                festival_name=cause.festival_name or None,
            ),
        )
        _count(cause, occasion, visible_to=visible_to)
    return DayPreview(on=day, is_solemn=calendars.is_solemn(day), occasions=list(found.values()))


def _count(cause: Cause, occasion: OccasionPreview, *, visible_to: Actor) -> None:
    for group in queries.count_due(cause, visible_to=visible_to):
        occasion.due += group.count
        if group.state is not None:
            occasion.by_state[group.state] += group.count
            if group.reason:
                occasion.by_reason[group.reason] += group.count
        elif obstacle := group.obstacle or cause.obstacle:
            occasion.by_reason[obstacle] += group.count
        else:
            occasion.open += group.count
