"""Whose day it is, and which days may be planned."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from crm_api import config
from crm_api.accounts import queries as accounts
from crm_api.accounts.models import Role
from crm_api.calendars import service as calendars
from crm_api.contact_frequency.errors import DayPassed
from crm_api.kit.errors import Invalid
from crm_api.visits.policies.progress import FURTHEST

if TYPE_CHECKING:
    from datetime import date, time
    from zoneinfo import ZoneInfo

    from crm_api.accounts.actors import Actor

Span = tuple[datetime, datetime]


def require_owner(owner_id: str | None, *, visible_to: Actor) -> str:
    """Return whose day is meant: an account manager's own, unless another is named.

    :raises Invalid: if nobody is named who has days of the own
    :raises NotFound: if the actor may not see whoever is named
    """
    if owner_id is None:
        if visible_to.role is not Role.ACCOUNT_MANAGER:
            raise Invalid("/owner", "Name the account manager.")
        return visible_to.id
    if owner_id not in visible_to.portfolios:
        accounts.get_staff(owner_id, visible_to=visible_to)
    return owner_id


def require_ahead(on: date, *, now: datetime) -> None:
    """Make sure that a day can still be planned, and is within reach.

    :raises DayPassed: if it is over
    :raises Invalid: if it is too far away
    """
    today = calendars.local_day(now)
    if on < today:
        raise DayPassed(on=on, today=today)
    if on > today + FURTHEST:
        raise Invalid("/on", f"Choose a day at most {FURTHEST.days} days ahead.")


def hours_of(on: date) -> list[Span]:
    """Return the hours of a local day, which somebody who works on a day off keeps as well."""
    settings = config.current()
    return [
        (_moment(on, opens, settings.zone), _moment(on, closes, settings.zone))
        for opens, closes in settings.working_hours
    ]


def _moment(on: date, shown: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(on, shown, zone).astimezone(UTC)


def hours_left(on: date, *, now: datetime) -> list[Span]:
    """Return what of a day's hours is still ahead."""
    return [(max(opens, now), closes) for opens, closes in hours_of(on) if closes > now]
