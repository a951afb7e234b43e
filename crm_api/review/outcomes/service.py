"""Numbers of care for people to read, and for their spreadsheets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.calendars import service as calendars
from crm_api.kit.paging import MAX_LIMIT, Page, PageRequest
from crm_api.review import service as exports
from crm_api.review.outcomes import queries
from crm_api.review.outcomes.policies import choose_days

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from crm_api.accounts.actors import Actor


def count_outcomes(
    *,
    visible_to: Actor,
    now: datetime,
    first: date | None = None,
    last: date | None = None,
    **wanted: Any,
) -> Page:
    """Return what became of the messages of some days, else of the last thirty.

    :raises Invalid: if the days run backwards, or are too many
    """
    first, last = choose_days(first, last, today=calendars.local_day(now))
    return queries.count_outcomes(first=first, last=last, visible_to=visible_to, **wanted)


def export_outcomes(
    *,
    by: Actor,
    now: datetime,
    first: date | None = None,
    last: date | None = None,
    **wanted: Any,
) -> Iterator[bytes]:
    """Return the same numbers as CSV, every row of them.

    :raises Invalid: if the days run backwards, or are too many
    """
    first, last = choose_days(first, last, today=calendars.local_day(now))
    wanted |= {"first": first, "last": last}

    def next_piece(cursor: str | None) -> Page:
        page = PageRequest(limit=MAX_LIMIT, cursor=cursor)
        found = queries.count_outcomes(page=page, visible_to=by, **wanted)
        rows = [[row[name] for name in queries.COLUMNS.values()] for row in found.items]
        return Page(rows, found.next_cursor)

    return _traced(exports.write_csv(queries.COLUMNS, next_piece), wanted, by=by, now=now)


def _traced(
    rows: Iterator[bytes], wanted: dict[str, Any], *, by: Actor, now: datetime
) -> Iterator[bytes]:
    exports.leave_trace("care_outcomes", wanted, by=by, now=now)
    yield from rows
