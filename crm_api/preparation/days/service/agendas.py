"""What stands in the diary: a day, a week, and a team's day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crm_api import config
from crm_api.accounts import queries as accounts
from crm_api.accounts.models import Role, Standing
from crm_api.calendars import service as calendars
from crm_api.kit.paging import Page
from crm_api.preparation.days import queries
from crm_api.preparation.days.policies.rounds import Travel
from crm_api.preparation.days.service import reach
from crm_api.preparation.days.service.rounds import point_of, stops_of
from crm_api.preparation.days.values import Call
from crm_api.visits.models import FollowUp, Promise
from crm_api.visits.policies.progress import AHEAD, UNCLOSED
from crm_api.visits.terms import VisitStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import PageRequest
    from crm_api.preparation.days.values import Stop
    from crm_api.visits.models import Visit

WEEK = 7
CALLED_OFF = (VisitStatus.CANCELLED, VisitStatus.MISSED)


def day_plan(on: date, *, owner_id: str | None, visible_to: Actor, now: datetime) -> dict[str, Any]:
    """Return somebody's day: visits with the ways between them, what is due, what is free.

    :raises Invalid: if nobody is named whose day it is
    :raises NotFound: if the actor may not see whoever is named
    """
    [day] = _plans(on, days=1, owner_id=owner_id, visible_to=visible_to, now=now)
    return day


def week_plan(
    on: date, *, owner_id: str | None, visible_to: Actor, now: datetime
) -> dict[str, Any]:
    """Return the week, Monday to Sunday, in which a day lies, day by day.

    :raises Invalid: if nobody is named whose week it is
    :raises NotFound: if the actor may not see whoever is named
    """
    monday = on - timedelta(days=on.weekday())
    days = _plans(monday, days=WEEK, owner_id=owner_id, visible_to=visible_to, now=now)
    return {"starts_on": monday, "owner_id": days[0]["owner_id"], "days": days}


def _plans(
    first: date, *, days: int, owner_id: str | None, visible_to: Actor, now: datetime
) -> list[dict[str, Any]]:
    owner_id = reach.require_owner(owner_id, visible_to=visible_to)
    last = first + timedelta(days=days - 1)
    start, end = calendars.day_bounds(first)[0], calendars.day_bounds(last)[1]
    whose: dict[str, Any] = {"owner_id": owner_id, "visible_to": visible_to}
    visits = queries.visits_between(start, end, **whose)
    promises = queries.tasks_due(Promise, due_by=last, **whose)
    follow_ups = queries.tasks_due(FollowUp, due_by=last, **whose)
    workdays = calendars.workdays_between(first, last)
    today = calendars.local_day(now)
    return [
        {
            "on": on,
            "owner_id": owner_id,
            "is_workday": on in workdays,
            **_diary([row for row in visits if calendars.local_day(row[0].starts_at) == on], on),
            "promises": _due(promises, on, today=today),
            "follow_ups": _due(follow_ups, on, today=today),
        }
        for on in (first + timedelta(days=n) for n in range(days))
    ]


def _diary(visits: Sequence[Any], on: date) -> dict[str, Any]:
    travel = Travel(config.current().travel_km_per_hour)
    names = {visit.id: name for visit, name in visits}
    standing = [visit for visit, _ in visits if visit.status not in CALLED_OFF]
    stops = stops_of([(_call(v), v.starts_at) for v in standing], start=None, travel=travel)
    off = [visit for visit, _ in visits if visit.status in CALLED_OFF]
    entries = [_entry(stop, names) for stop in stops]
    return {
        "visits": entries,
        "called_off": [{"visit": visit, "customer_name": names[visit.id]} for visit in off],
        "unconfirmed": sum(visit.status is VisitStatus.PLANNED for visit in standing),
        "way_metres": sum(stop.way_metres or 0 for stop in stops),
        "free": _free(reach.hours_of(on), standing),
    }


def _entry(stop: Stop, names: dict[str, str]) -> dict[str, Any]:
    visit = stop.call.visit
    assert visit is not None  # noqa: S101 - a diary holds visits only
    return {
        "visit": visit,
        "customer_name": names[visit.id],
        "place_latitude": visit.place_latitude,
        "place_longitude": visit.place_longitude,
        "way_metres": stop.way_metres,
        "way_minutes": stop.way_minutes,
        "is_tight": stop.is_tight,
    }


def _call(visit: Visit) -> Call:
    return Call(
        customer_id=visit.customer_id,
        place=visit.place,
        point=point_of(visit.place_latitude, visit.place_longitude),
        minutes=(visit.ends_at - visit.starts_at) // timedelta(minutes=1),
        openings=(),
        visit=visit,
    )


def _free(hours: Iterable[reach.Span], visits: Iterable[Visit]) -> list[dict[str, datetime]]:
    """Return the hours that no visit takes."""
    left = list(hours)
    for visit in visits:
        left = [
            part
            for opens, closes in left
            for part in ((opens, min(closes, visit.starts_at)), (max(opens, visit.ends_at), closes))
            if part[0] < part[1]
        ]
    return [{"starts_at": opens, "ends_at": closes} for opens, closes in left]


def _due(tasks: Sequence[Any], on: date, *, today: date) -> list[dict[str, Any]]:
    """Return what is due on a day; what is overdue by now stands with today."""
    return [
        {
            "id": task.id,
            "customer_id": task.customer_id,
            "customer_name": name,
            "text": task.text,
            "due_on": task.due_on,
            "is_overdue": task.due_on < today,
        }
        for task, name in tasks
        if task.due_on == on or (task.due_on < on == today)
    ]


def list_team_day(
    on: date, *, team_id: str | None, page: PageRequest, visible_to: Actor, now: datetime
) -> Page:
    """Return the day of each account manager whom the actor may see, in numbers, by name."""
    people = accounts.list_staff(
        page=page,
        visible_to=visible_to,
        role=Role.ACCOUNT_MANAGER,
        status=Standing.ACTIVE,
        team_id=team_id,
    )
    ids = [person.id for person in people.items]
    start, end = calendars.day_bounds(on)
    counted: dict[str, list[Any]] = {}
    for row in queries.count_team_day(ids, start=start, end=end, visible_to=visible_to):
        counted.setdefault(row.owner_id, []).append(row)
    late = queries.count_late_promises(ids, on=calendars.local_day(now), visible_to=visible_to)
    items = [
        _in_numbers(person, counted.get(person.id, []), late.get(person.id, 0))
        for person in people.items
    ]
    return Page(items, people.next_cursor)


def _in_numbers(person: Any, rows: Sequence[Any], late_promises: int) -> dict[str, Any]:
    standing = [row for row in rows if row.status not in CALLED_OFF]
    by_status = {row.status: row.count for row in rows}
    return {
        "staff_id": person.id,
        "name": person.name,
        "team_id": person.team_id,
        "visits": {status: by_status.get(status, 0) for status in VisitStatus},
        "to_make": sum(by_status.get(status, 0) for status in AHEAD),
        "to_close": sum(by_status.get(status, 0) for status in UNCLOSED if status not in AHEAD),
        "first_starts_at": min((row.first for row in standing), default=None),
        "last_ends_at": max((row.last for row in standing), default=None),
        "late_promises": late_promises,
    }
