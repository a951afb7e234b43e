"""That whoever goes has read the brief. What it says is composed above, in `preparation`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.kit.db import db
from crm_api.visits.service.steps import hold_visit

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.visits.models import Visit


def acknowledge_brief(visit_id: str, *, digest: str, by: Actor, now: datetime) -> Visit:
    """Note that the brief of a visit was read: see `note_brief_read`.

    :raises NotFound: if the actor may not see the visit
    """
    visit = hold_visit(visit_id, by=by)
    note_brief_read(visit, digest=digest, now=now)
    return visit


def note_brief_read(visit: Visit, *, digest: str, now: datetime) -> None:
    """Note that the brief of a held visit was read; read again unchanged, the first time stands.

    What was read before the door stands as well: nothing read later takes its place.
    """
    is_settled = visit.checked_in_at is not None and visit.is_brief_acknowledged
    if visit.brief_digest != digest and not is_settled:
        visit.brief_digest, visit.brief_acknowledged_at = digest, now
        db.session.flush()
