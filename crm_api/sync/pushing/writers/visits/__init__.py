"""Visits, and what hangs on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from crm_api.sync.pushing.writers.visits import notes, objectives, persons, visits

if TYPE_CHECKING:
    from crm_api.sync.pushing.writers.shape import Writer

WRITERS: Final[dict[str, Writer]] = {
    "visits": visits.WRITER,
    "visit_objectives": objectives.WRITER,
    "visit_persons": persons.WRITER,
    "visit_notes": notes.WRITER,
}
