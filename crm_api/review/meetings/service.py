"""Put together what a team goes through in the morning."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crm_api.accounts import queries as accounts
from crm_api.calendars import service as calendars
from crm_api.contact_history.cadences import queries as cadences
from crm_api.kit.errors import Invalid
from crm_api.kit.paging import Page, PageRequest
from crm_api.review.meetings import queries
from crm_api.review.meetings.terms import Risk
from crm_api.review.meetings.values import Meeting
from crm_api.visits.cases import service as cases

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from crm_api.accounts.actors import Actor
    from crm_api.review.meetings.values import Section

FIRST = PageRequest(limit=20)
FURTHEST = timedelta(days=366)
LONGEST_HOLIDAY = timedelta(days=15)


def meeting_pack(
    *, team_id: str | None, on: date | None, visible_to: Actor, now: datetime
) -> dict[str, Any]:
    """Return all that a team needs for a day's meeting, the first rows of each list.

    :raises NotFound: if the actor may not see the team
    :raises Invalid: if the day lies further away than a year
    """
    meeting = _meeting(team_id=team_id, on=on, visible_to=visible_to, now=now)
    start, end = _since_last_meeting(meeting)
    lessons: dict[str, Any] = {"start": start, "end": end, "team_id": meeting.team_id}
    return {
        "team_id": meeting.team_id,
        "team_name": meeting.team_name,
        "on": meeting.on,
        "due_visits": _part(queries.due_visits(meeting), as_they_are),
        "unclosed_visits": _part(queries.unclosed_visits(meeting), as_they_are),
        "at_risk": _part(queries.customers_at_risk(meeting), _with_risks),
        "birthdays": _part(queries.birthdays(meeting), as_they_are),
        "neglected": _part(_neglected(meeting), _with_days(meeting)),
        "lessons_from": start,
        "lessons_to": end,
        "lessons": _counted(
            cases.list_lessons(visible_to=visible_to, page=FIRST, **lessons),
            cases.count_lessons(visible_to=visible_to, **lessons),
        ),
    }


def list_due_visits(*, page: PageRequest, **whose: Any) -> Page:
    """Return the visits of a day, by the hour."""
    return queries.fetch(queries.due_visits(_meeting(**whose)), page=page)


def list_unclosed_visits(*, page: PageRequest, **whose: Any) -> Page:
    """Return the visits of earlier days that nobody closed, oldest first."""
    return queries.fetch(queries.unclosed_visits(_meeting(**whose)), page=page)


def list_at_risk(*, page: PageRequest, **whose: Any) -> Page:
    """Return who may be about to leave us and why, the dearest first."""
    return _with_risks(queries.fetch(queries.customers_at_risk(_meeting(**whose)), page=page))


def list_birthdays(*, page: PageRequest, **whose: Any) -> Page:
    """Return whose birthday it is, the dearest first."""
    return queries.fetch(queries.birthdays(_meeting(**whose)), page=page)


def list_neglected(*, page: PageRequest, **whose: Any) -> Page:
    """Return with whom nobody spoke for longer than their tier allows, the dearest first."""
    meeting = _meeting(**whose)
    return _with_days(meeting)(queries.fetch(_neglected(meeting), page=page))


def _meeting(*, team_id: str | None, on: date | None, visible_to: Actor, now: datetime) -> Meeting:
    team = accounts.get_team(team_id or visible_to.team_id, visible_to=visible_to)
    today = calendars.local_day(now)
    day = on or today
    if abs(day - today) > FURTHEST:
        raise Invalid("/on", "Choose a day within a year from today.")
    starts_at, ends_at = calendars.day_bounds(day)
    return Meeting(
        team_id=team.id,
        team_name=team.name,
        team_path=team.path,
        on=day,
        starts_at=starts_at,
        ends_at=ends_at,
        visible_to=visible_to,
    )


def _since_last_meeting(meeting: Meeting) -> tuple[datetime, datetime]:
    """Return the time since the last working day began: what a weekend taught is told as well."""
    yesterday = meeting.on - timedelta(days=1)
    worked = calendars.workdays_between(meeting.on - LONGEST_HOLIDAY, yesterday)
    return calendars.day_bounds(max(worked, default=yesterday))[0], meeting.starts_at


def _neglected(meeting: Meeting) -> Section:
    return queries.neglected_customers(meeting, rhythm=cadences.cadences())


def _part(section: Section, shape: Callable[[Page], Page]) -> dict[str, Any]:
    return _counted(shape(queries.fetch(section, page=FIRST)), queries.count(section))


def _counted(page: Page, number: int) -> dict[str, Any]:
    return {"count": number, "items": page.items, "next_cursor": page.next_cursor}


def as_they_are(page: Page) -> Page:
    """Leave rows as they came."""
    return page


def _with_risks(page: Page) -> Page:
    return Page(
        [
            {**row._mapping, "reasons": [risk for risk in Risk if getattr(row, risk)]}  # noqa: SLF001 - its public name
            for row in page.items
        ],
        page.next_cursor,
    )


def _with_days(meeting: Meeting) -> Callable[[Page], Page]:
    def shape(page: Page) -> Page:
        rows = [
            {
                **row._mapping,  # noqa: SLF001 - its public name
                "days_silent": (meeting.on - calendars.local_day(row.silent_since)).days,
            }
            for row in page.items
        ]
        return Page(rows, page.next_cursor)

    return shape
