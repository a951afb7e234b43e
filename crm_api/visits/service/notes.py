"""Notes taken during a visit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken, NotFound
from crm_api.kit.ids import new_id
from crm_api.visits import queries
from crm_api.visits.errors import NotYourNote, VisitClosed
from crm_api.visits.models import VisitNote
from crm_api.visits.policies.progress import UNCLOSED

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor


def add_note(
    visit_id: str,
    content: dict[str, Any],
    *,
    by: Actor,
    now: datetime,
    noted_at: datetime | None = None,
) -> VisitNote:
    """Add a note to a visit, as a colleague who goes along may; told twice with one id, it is one.

    Told late, it keeps the moment at which it was noted.

    :raises IdTaken: if the id belongs to another note
    :raises VisitClosed: if the visit is over and done with
    """
    visit = queries.get_seen_visit(visit_id, visible_to=by, for_change=True)
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
        created_at=noted_at or now,
    )
    db.session.add(note)
    return note


def remove_note(note_id: str, *, by: Actor) -> None:
    """Take back a note of one's own while the visit is not recorded.

    :raises NotFound: if there is none, or none that the actor may see
    :raises NotYourNote: if somebody else noted it
    :raises VisitClosed: if the visit is over and done with
    """
    note = queries.find_note(note_id)
    if note is None:
        raise NotFound("note")
    visit = queries.get_seen_visit(note.visit_id, visible_to=by, for_change=True)
    if note.by_id != by.id:
        raise NotYourNote
    if visit.status not in UNCLOSED:
        raise VisitClosed
    db.session.delete(note)
    db.session.flush()
