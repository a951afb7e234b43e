"""Notes taken during a visit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken
from crm_api.kit.ids import new_id
from crm_api.visits import queries
from crm_api.visits.errors import VisitClosed
from crm_api.visits.models import VisitNote
from crm_api.visits.policies.progress import UNCLOSED
from crm_api.visits.service.steps import hold_visit

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor


def add_note(visit_id: str, content: dict[str, Any], *, by: Actor, now: datetime) -> VisitNote:
    """Add a note to a visit; told twice with one id, it is one note.

    :raises IdTaken: if the id belongs to another note
    :raises VisitClosed: if the visit is over and done with
    """
    visit = hold_visit(visit_id, by=by)
    known = queries.find_note(content["id"])
    if known is not None:
        if (known.visit_id, known.text) != (visit_id, content["text"]):
            raise IdTaken
        return known
    if visit.status not in UNCLOSED:
        raise VisitClosed
    note = VisitNote(
        id=content["id"] or new_id(),
        visit_id=visit.id,
        by_id=by.id,
        text=content["text"],
        created_at=now,
    )
    db.session.add(note)
    return note
