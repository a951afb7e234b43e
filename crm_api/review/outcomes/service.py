"""Numbers of care for people to read, and for their spreadsheets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.calendars import service as calendars
from crm_api.kit.paging import MAX_LIMIT, Page, PageRequest
from crm_api.review import service as exports
from crm_api.review.outcomes import queries
from crm_api.review.outcomes.policies import choose_days

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date, datetime

    from crm_api.accounts.actors import Actor


def count_outcomes(*, visible_to: Actor, now: datetime, **wanted: Any) -> Page:
    """Return what became of the messages of some days, else of the last thirty.

    :raises Invalid: if the days run backwards, or are too many
    """
    return queries.count_outcomes(**_with_days(**wanted, now=now), visible_to=visible_to)


def count_refusals(*, visible_to: Actor, now: datetime, **wanted: Any) -> Page:
    """Return how many got no greeting on some days, else on the last thirty.

    :raises Invalid: if the days run backwards, or are too many
    """
    return queries.count_refusals(**_with_days(**wanted, now=now), visible_to=visible_to)


def export_outcomes(*, by: Actor, now: datetime, **wanted: Any) -> Iterator[bytes]:
    """Return what became of messages as CSV, every row.

    :raises Invalid: if the days run backwards, or are too many
    """
    wanted = _with_days(**wanted, now=now)
    rows = _write(queries.outcomes.EXPORTED, queries.count_outcomes, visible_to=by, **wanted)
    return _traced("care_outcomes", rows, wanted, by=by, now=now)


def export_refusals(*, by: Actor, now: datetime, **wanted: Any) -> Iterator[bytes]:
    """Return how many got no greeting as CSV, every row.

    :raises Invalid: if the days run backwards, or are too many
    """
    wanted = _with_days(**wanted, now=now)
    rows = _write(queries.refusals.EXPORTED, queries.count_refusals, visible_to=by, **wanted)
    return _traced("care_refusals", rows, wanted, by=by, now=now)


def _with_days(
    *, now: datetime, first: date | None = None, last: date | None = None, **wanted: Any
) -> dict[str, Any]:
    first, last = choose_days(first, last, today=calendars.local_day(now))
    return {**wanted, "first": first, "last": last}


def _write(
    columns: Mapping[str, str], count: Callable[..., Page], **wanted: Any
) -> Iterator[bytes]:
    def next_piece(cursor: str | None) -> Page:
        found = count(page=PageRequest(limit=MAX_LIMIT, cursor=cursor), **wanted)
        rows = [[row[name] for name in columns.values()] for row in found.items]
        return Page(rows, found.next_cursor)

    return exports.write_csv(columns, next_piece)


def _traced(
    what: str, rows: Iterator[bytes], wanted: dict[str, Any], *, by: Actor, now: datetime
) -> Iterator[bytes]:
    exports.leave_trace(what, wanted, by=by, now=now)
    yield from rows
