"""Exports: what is taken out of the house, and the trace that this leaves."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from crm_api.audit import service as audit
from crm_api.kit import cells
from crm_api.kit.transactions import transaction
from crm_api.review import queries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import Page

BYTE_ORDER_MARK = "\ufeff"  # without it, spreadsheets take UTF-8 for something older


def export_contacts(*, by: Actor, now: datetime, **filters: Any) -> Iterator[bytes]:
    """Yield the contacts that the actor may see as CSV."""

    def next_piece(cursor: str | None) -> Page:
        return queries.export_piece(cursor=cursor, visible_to=by, **filters)

    leave_trace("contacts", filters, by=by, now=now)
    yield from write_csv(queries.EXPORTED, next_piece)


def leave_trace(what: str, filters: dict[str, Any], *, by: Actor, now: datetime) -> None:
    """Note who takes out what, before the first row leaves."""
    with transaction():
        audit.record(
            f"{what}.exported",
            by_id=by.id,
            at=now,
            subject_kind=what,
            subject_id=by.team_id,
            details={name: str(value) for name, value in filters.items()},
        )


def write_csv(header: Iterable[str], next_piece: Callable[[str | None], Page]) -> Iterator[bytes]:
    """Yield a CSV file, a piece at a time: a header, then all pages of a list.

    Each piece is a short transaction of its own: a slow reader must hold nothing open.
    """
    yield (BYTE_ORDER_MARK + _lines([header])).encode()
    cursor = None
    while True:
        with transaction(read_only=True):
            piece = next_piece(cursor)
        yield _lines(piece.items).encode()
        cursor = piece.next_cursor
        if cursor is None:
            return


def _lines(rows: Iterable[Iterable[Any]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerows([cells.cell(value) for value in row] for row in rows)
    return written.getvalue()
